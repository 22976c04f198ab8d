// Helm as a library: a chart read once, rendered for each cluster. many-helm4 INPUTS OUTPUTS [NAME...]
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

func main() {
	inputs, outputs, names := os.Args[1], os.Args[2], os.Args[3:]
	if len(names) == 0 {
		entries, err := os.ReadDir(filepath.Join(inputs, "clusters"))
		check(err)
		for _, entry := range entries {
			names = append(names, strings.TrimSuffix(entry.Name(), ".yaml"))
		}
	}
	work := make(chan string)
	var group sync.WaitGroup
	for range min(runtime.NumCPU(), len(names)) {
		group.Add(1)
		go func() {
			defer group.Done()
			chart, err := loader.Load(filepath.Join(inputs, "chart"))
			check(err)
			for name := range work {
				given, err := common.ReadValuesFile(filepath.Join(inputs, "clusters", name+".yaml"))
				check(err)
				values, err := util.ToRenderValues(chart, given, common.ReleaseOptions{Name: name, Namespace: "default"}, common.DefaultCapabilities)
				check(err)
				rendered, err := engine.Render(chart, values)
				check(err)
				check(os.WriteFile(filepath.Join(outputs, name+".yaml"), join(rendered), 0o644))
			}
		}()
	}
	for _, name := range names {
		work <- name
	}
	close(work)
	group.Wait()
}

// The templates as one stream; no order is needed, for the objects are compared by name.
func join(rendered map[string]string) []byte {
	var stream strings.Builder
	for _, text := range rendered {
		if strings.TrimSpace(text) != "" {
			stream.WriteString("---\n" + text)
		}
	}
	return []byte(stream.String())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
