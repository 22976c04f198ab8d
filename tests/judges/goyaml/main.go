// Reads YAML files (named on stdin, one a line) as the Go world does and prints for each a line of JSON:
// {"sigs": {"value": ...}, "v3": {"error": "..."}}.
// With the word `same` it reads texts with their values instead (same.go), with `kubectl` texts as kubectl does (kubectl.go).
// sigs.k8s.io/yaml (YAML 1.1) reads for the API server, Argo CD and Helm; gopkg.in/yaml.v3 (mostly 1.2) for others.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"

	yaml3 "gopkg.in/yaml.v3"
	sigs "sigs.k8s.io/yaml"
)

type reading struct {
	Value any    `json:"value"`
	Error string `json:"error,omitempty"`
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "same" {
		same()
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "kubectl" {
		kubectl()
		return
	}
	out := json.NewEncoder(os.Stdout)
	names := bufio.NewScanner(os.Stdin)
	for names.Scan() {
		text, err := os.ReadFile(names.Text())
		if err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(map[string]reading{"sigs": readSigs(text), "v3": readV3(text)}); err != nil {
			log.Fatal(err)
		}
	}
	if err := names.Err(); err != nil {
		log.Fatal(err)
	}
}

func readSigs(text []byte) reading {
	value, err := sigs.YAMLToJSONStrict(text)
	if err != nil {
		return reading{Error: err.Error()}
	}
	return reading{Value: json.RawMessage(value)}
}

// toJSON is YAMLToJSON without its panics.
func toJSON(text []byte) (value []byte, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	return sigs.YAMLToJSON(text)
}

func readV3(text []byte) reading {
	var value any
	if err := yaml3.Unmarshal(text, &value); err != nil {
		return reading{Error: err.Error()}
	}
	// A key that is no string has no JSON.
	if _, err := json.Marshal(value); err != nil {
		return reading{Error: err.Error()}
	}
	return reading{Value: value}
}
