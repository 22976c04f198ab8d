// The programs of a delivery in one binary: Argo CD's application controller and repository server, the cache between
// them, and the two controllers of Kubernetes without which nothing ends that was deleted. Built inside a checkout of Argo CD.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/namespace"

	application "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	repository "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
)

func main() {
	name, args := os.Args[1], os.Args[2:]
	switch name {
	case "application-controller":
		command := application.NewCommand()
		command.SetArgs(args)
		must(command.Execute())
	case "repo-server":
		command := repository.NewCommand()
		command.SetArgs(args)
		must(command.Execute())
	case "cache":
		must(miniredis.NewMiniRedis().StartAddr(args[0]))
		<-ended().Done()
	case "collector":
		collect(ended(), args[0])
	default:
		panic("unknown program " + name)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func ended() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	return ctx
}

// collect ends namespaces and foreground deletions, and deletes what has lost its owner.
func collect(ctx context.Context, kubeconfig string) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	must(err)
	config.QPS, config.Burst = 200, 400
	client := kubernetes.NewForConfigOrDie(config)
	meta := metadata.NewForConfigOrDie(config)
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	typed := informers.NewSharedInformerFactory(client, 0)
	objects := informerfactory.NewInformerFactory(typed, metadatainformer.NewSharedInformerFactory(meta, 0))
	started := make(chan struct{})

	collector, err := garbagecollector.NewGarbageCollector(
		ctx, client, meta, mapper, garbagecollector.DefaultIgnoredResources(), objects, started)
	must(err)
	namespaces := namespace.NewNamespaceController(ctx, client, meta,
		client.Discovery().ServerPreferredNamespacedResources, typed.Core().V1().Namespaces(), 5*time.Minute, v1.FinalizerKubernetes)

	objects.Start(ctx.Done())
	close(started)
	go namespaces.Run(ctx, 2)
	go collector.Sync(ctx, client.Discovery(), 5*time.Second)
	collector.Run(ctx, 2, 30*time.Second)
}
