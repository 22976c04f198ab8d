// Helm 4 as a library: a chart read once by each core, rendered for each cluster. many-helm4 INPUTS OUTPUTS [NAME...]
package main

import (
	"path/filepath"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

func main() {
	inputs, outputs, names := arguments(".yaml")
	each(names, func() func(string) {
		chart, err := loader.Load(filepath.Join(inputs, "chart"))
		check(err)
		return func(name string) {
			given, err := common.ReadValuesFile(filepath.Join(inputs, "clusters", name+".yaml"))
			check(err)
			release := common.ReleaseOptions{Name: name, Namespace: "default"}
			values, err := util.ToRenderValues(chart, given, release, common.DefaultCapabilities)
			check(err)
			rendered, err := engine.Render(chart, values)
			check(err)
			write(outputs, name+".yaml", stream(rendered))
		}
	})
}
