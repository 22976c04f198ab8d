// Helm 3 as a library: a chart read once by each core, rendered for each cluster. many-helm3 INPUTS OUTPUTS [NAME...]
package main

import (
	"path/filepath"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

func main() {
	inputs, outputs, names := arguments(".yaml")
	each(names, func() func(string) {
		chart, err := loader.Load(filepath.Join(inputs, "chart"))
		check(err)
		return func(name string) {
			given, err := chartutil.ReadValuesFile(filepath.Join(inputs, "clusters", name+".yaml"))
			check(err)
			release := chartutil.ReleaseOptions{Name: name, Namespace: "default"}
			values, err := chartutil.ToRenderValues(chart, given, release, chartutil.DefaultCapabilities)
			check(err)
			rendered, err := engine.Render(chart, values)
			check(err)
			write(outputs, name+".yaml", stream(rendered))
		}
	})
}
