// go-jsonnet as a library: a VM for each core, which keeps what it imported. many-jsonnet INPUTS OUTPUTS [NAME...]
package main

import (
	"path/filepath"

	"github.com/google/go-jsonnet"
)

func main() {
	inputs, outputs, names := arguments(".jsonnet")
	each(names, func() func(string) {
		vm := jsonnet.MakeVM()
		return func(name string) {
			text, err := vm.EvaluateFile(filepath.Join(inputs, "clusters", name+".jsonnet"))
			check(err)
			write(outputs, name+".json", []byte(text))
		}
	})
}
