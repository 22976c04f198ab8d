// Kustomize as a library, one overlay after the other. many-kustomize INPUTS OUTPUTS [NAME...]
package main

import (
	"log"
	"os"
	"path/filepath"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	inputs, outputs, names := os.Args[1], os.Args[2], os.Args[3:]
	if len(names) == 0 {
		entries, err := os.ReadDir(filepath.Join(inputs, "clusters"))
		check(err)
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
	}
	kustomizer := krusty.MakeKustomizer(krusty.MakeDefaultOptions())
	for _, name := range names {
		found, err := kustomizer.Run(filesys.MakeFsOnDisk(), filepath.Join(inputs, "clusters", name))
		check(err)
		text, err := found.AsYaml()
		check(err)
		check(os.WriteFile(filepath.Join(outputs, name+".yaml"), text, 0o644))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
