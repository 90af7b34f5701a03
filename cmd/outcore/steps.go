package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/outcore/outcore/ml"

	// The families of steps.
	_ "github.com/outcore/outcore/linear"
	_ "github.com/outcore/outcore/preprocess"
)

// listSteps prints every step with its parameters.
func (p *program) listSteps() error {
	specs := ml.Specs()
	if p.json {
		type step struct {
			Name    string     `json:"name"`
			Aliases []string   `json:"aliases,omitempty"`
			Doc     string     `json:"doc"`
			Role    ml.Role    `json:"role"`
			Kind    ml.Kind    `json:"kind"`
			Params  []ml.Param `json:"params"`
		}
		var list []step
		for _, s := range specs {
			list = append(list, step{s.Name, s.Aliases, s.Doc, s.Role, s.Kind, s.Params})
		}
		return json.NewEncoder(p.stdout).Encode(struct {
			Schema string `json:"schema"`
			Steps  []step `json:"steps"`
		}{"outcore.steps/v1", list})
	}
	for i, s := range specs {
		if i > 0 {
			fmt.Fprintln(p.stdout)
		}
		name := s.Name
		if len(s.Aliases) > 0 {
			name += " (or " + strings.Join(s.Aliases, ", ") + ")"
		}
		fmt.Fprintf(p.stdout, "%s · %s, %s\n  %s\n", name, s.Role, s.Kind, s.Doc)
		for _, q := range s.Params {
			doc := q.Doc
			if len(q.Choices) > 0 {
				doc += ": " + strings.Join(q.Choices, ", ")
			}
			fmt.Fprintf(p.stdout, "    %-16s %s (default %v)\n", q.Name, doc, shown(q.Default))
		}
	}
	return nil
}

// shown is a default as it would be written.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return `""`
		}
	case []string:
		return "[" + strings.Join(v, ", ") + "]"
	}
	return fmt.Sprint(v)
}
