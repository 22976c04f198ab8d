// Kustomize as a library, one overlay after the other. many-kustomize INPUTS OUTPUTS [NAME...]
package main

import (
	"path/filepath"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	inputs, outputs, names := arguments("")
	kustomizer := krusty.MakeKustomizer(krusty.MakeDefaultOptions())
	for _, name := range names {
		found, err := kustomizer.Run(filesys.MakeFsOnDisk(), filepath.Join(inputs, "clusters", name))
		check(err)
		text, err := found.AsYaml()
		check(err)
		write(outputs, name+".yaml", text)
	}
}
