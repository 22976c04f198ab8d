// Says what a program on gopkg.in/yaml.v3 makes of a configuration and its patch. One case a line, as JSON on standard
// input: {"base": TEXT, "patch": TEXT or null}; one answer a line: {"text": TEXT} or {"error": WORDS}.
//
// The merge is the one that the LiteLLM Gateway Operator documents by its tests: maps with string keys merge, null
// removes, everything else replaces; without a patch the base is written as it is.
// The error "chance" says that two runs of the same program write two texts.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"gopkg.in/yaml.v3"
)

type object = map[string]interface{}

func merged(base, patch object) object {
	for key, value := range patch {
		inner, known := base[key].(object)
		change, isMap := value.(object)
		switch {
		case value == nil:
			delete(base, key)
		case known && isMap:
			base[key] = merged(inner, change)
		default:
			base[key] = value
		}
	}
	return base
}

var chance = errors.New("chance")

func read(text string) (object, error) {
	var values object
	err := yaml.Unmarshal([]byte(text), &values)
	return values, err
}

func answer(base string, patch *string) (text string, err error) {
	// yaml.v3 panics on some texts where its caller would rather have an error.
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	values, err := read(base)
	if err != nil {
		return "", fmt.Errorf("base: %w", err)
	}
	if patch != nil {
		changes, err := read(*patch)
		if err != nil {
			return "", err
		}
		if len(changes) == 0 {
			return base, nil
		}
		if values == nil {
			values = object{}
		}
		values = merged(values, changes)
	}
	out, err := yaml.Marshal(values)
	// Go walks a map in another order each time. Where the order of the keys is no order, what comes out is chance.
	for i := 0; i < 40 && err == nil; i++ {
		again, _ := yaml.Marshal(values)
		if string(again) != string(out) {
			return "", chance
		}
	}
	return string(out), err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	answers := json.NewEncoder(os.Stdout)
	answers.SetEscapeHTML(false)
	for lines.Scan() {
		var question struct {
			Base  string  `json:"base"`
			Patch *string `json:"patch"`
		}
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		text, err := answer(question.Base, question.Patch)
		if err != nil {
			err = answers.Encode(map[string]string{"error": err.Error()})
		} else {
			err = answers.Encode(map[string]string{"text": text})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
