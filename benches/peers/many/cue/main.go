// CUE as a library: the instances of all clusters, loaded at once. many-cue INPUTS OUTPUTS [NAME...]
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
)

func main() {
	inputs, outputs, names := os.Args[1], os.Args[2], os.Args[3:]
	patterns := []string{"./clusters/..."}
	if len(names) > 0 {
		patterns = nil
		for _, name := range names {
			patterns = append(patterns, "./clusters/"+name)
		}
	}
	instances := load.Instances(patterns, &load.Config{Dir: inputs})
	work := make(chan *build.Instance)
	var group sync.WaitGroup
	for range min(runtime.NumCPU(), len(instances)) {
		group.Add(1)
		go func() {
			defer group.Done()
			for instance := range work {
				check(instance.Err)
				// A context of its own: one that is used again keeps all that it ever built.
				list := cuecontext.New().BuildInstance(instance).LookupPath(cue.ParsePath("list"))
				text, err := list.MarshalJSON()
				check(err)
				check(os.WriteFile(filepath.Join(outputs, filepath.Base(instance.Dir)+".json"), text, 0o644))
			}
		}()
	}
	for _, instance := range instances {
		work <- instance
	}
	close(work)
	group.Wait()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
