package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"reflect"
)

// same reads lines of {"text": YAML, "value": JSON} and prints, for each text that a reader reads as something else than
// its value, the number of the line and what that reader saw.
func same() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	for number := 0; lines.Scan(); number++ {
		var asked struct {
			Text  string
			Value any
		}
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		for name, read := range map[string]func([]byte) reading{"sigs": readSigs, "v3": readV3} {
			seen := read([]byte(asked.Text))
			if raw, ok := seen.Value.(json.RawMessage); ok {
				if err := json.Unmarshal(raw, &seen.Value); err != nil {
					log.Fatal(err)
				}
			}
			if seen.Error != "" || !reflect.DeepEqual(seen.Value, asked.Value) {
				if err := out.Encode(map[string]any{"line": number, "reader": name, "seen": seen}); err != nil {
					log.Fatal(err)
				}
			}
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}
