package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"strings"
)

// kubectl reads texts (JSON strings, one a line) as kubectl reads one document: what starts as JSON and is JSON is read as
// JSON, anything else by sigs.k8s.io/yaml. It prints each with its value or the error.
func kubectl() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<28)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			log.Fatal(err)
		}
		answer := map[string]any{"text": text}
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var value any
		if strings.HasPrefix(strings.TrimSpace(text), "{") && decoder.Decode(&value) == nil && !decoder.More() {
			answer["value"] = value
		} else if raw, err := toJSON([]byte(text)); err != nil {
			answer["error"] = err.Error()
		} else {
			answer["value"] = json.RawMessage(raw)
		}
		if err := out.Encode(answer); err != nil {
			log.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}
