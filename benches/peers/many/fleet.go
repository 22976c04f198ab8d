// What the library programs share: the clusters that are meant, and all cores at work on them.
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// arguments are INPUTS OUTPUTS [NAME...]; without names those of all clusters, whose files or folders end with suffix.
func arguments(suffix string) (inputs, outputs string, names []string) {
	inputs, outputs, names = os.Args[1], os.Args[2], os.Args[3:]
	if len(names) == 0 {
		entries, err := os.ReadDir(filepath.Join(inputs, "clusters"))
		check(err)
		for _, entry := range entries {
			names = append(names, strings.TrimSuffix(entry.Name(), suffix))
		}
	}
	return inputs, outputs, names
}

// each hands every item to one of the workers, of which there is one for each core.
func each[T any](items []T, worker func() func(T)) {
	work := make(chan T)
	var group sync.WaitGroup
	for range min(runtime.NumCPU(), len(items)) {
		group.Add(1)
		go func() {
			defer group.Done()
			render := worker()
			for item := range work {
				render(item)
			}
		}()
	}
	for _, item := range items {
		work <- item
	}
	close(work)
	group.Wait()
}

// stream is what templates make; no order is needed, for the objects are compared by name.
func stream(rendered map[string]string) []byte {
	var documents strings.Builder
	for _, text := range rendered {
		if strings.TrimSpace(text) != "" {
			documents.WriteString("---\n" + text)
		}
	}
	return []byte(documents.String())
}

func write(outputs, file string, text []byte) {
	check(os.WriteFile(filepath.Join(outputs, file), text, 0o644))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
