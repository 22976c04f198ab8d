// CUE as a library: the instances of all clusters, loaded at once. many-cue INPUTS OUTPUTS [NAME...]
package main

import (
	"path/filepath"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
)

func main() {
	inputs, outputs, names := arguments("")
	var patterns []string
	for _, name := range names {
		patterns = append(patterns, "./clusters/"+name)
	}
	each(load.Instances(patterns, &load.Config{Dir: inputs}), func() func(*build.Instance) {
		return func(instance *build.Instance) {
			check(instance.Err)
			// A context of its own: one that is used again keeps all that it ever built.
			list := cuecontext.New().BuildInstance(instance).LookupPath(cue.ParsePath("list"))
			text, err := list.MarshalJSON()
			check(err)
			write(outputs, filepath.Base(instance.Dir)+".json", text)
		}
	})
}
