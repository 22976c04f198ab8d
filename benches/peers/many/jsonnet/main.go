// go-jsonnet as a library: a VM for each core, which keeps what it imported. many-jsonnet INPUTS OUTPUTS [NAME...]
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/google/go-jsonnet"
)

func main() {
	inputs, outputs, names := os.Args[1], os.Args[2], os.Args[3:]
	if len(names) == 0 {
		entries, err := os.ReadDir(filepath.Join(inputs, "clusters"))
		check(err)
		for _, entry := range entries {
			names = append(names, strings.TrimSuffix(entry.Name(), ".jsonnet"))
		}
	}
	work := make(chan string)
	var group sync.WaitGroup
	for range min(runtime.NumCPU(), len(names)) {
		group.Add(1)
		go func() {
			defer group.Done()
			vm := jsonnet.MakeVM()
			for name := range work {
				text, err := vm.EvaluateFile(filepath.Join(inputs, "clusters", name+".jsonnet"))
				check(err)
				check(os.WriteFile(filepath.Join(outputs, name+".json"), []byte(text), 0o644))
			}
		}()
	}
	for _, name := range names {
		work <- name
	}
	close(work)
	group.Wait()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
