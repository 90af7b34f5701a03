package compose

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// String gives the canonical text of p: names instead of aliases, the
// parameters that were given in the order the step lists them. Parse reads it
// back as an equal pipeline.
func (p *Pipeline) String() string {
	var b strings.Builder
	for _, s := range p.stages {
		if s.hidden {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(s.spec.Name)
		open := "("
		for _, doc := range s.spec.Params {
			v, given := s.decl.Params[doc.Name]
			if !given {
				continue
			}
			b.WriteString(open + doc.Name + "=" + valueText(v))
			open = ", "
		}
		if open != "(" {
			b.WriteString(")")
		}
	}
	return b.String()
}

// valueText writes a parameter's value as Parse reads it.
func valueText(v any) string {
	switch v := v.(type) {
	case string:
		t := classify(token{text: v})
		if t.word && v != "" && strings.IndexFunc(v, func(c rune) bool { return !bare(c) }) < 0 {
			return v
		}
		return quote(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []string:
		var list []any
		for _, s := range v {
			list = append(list, s)
		}
		return valueText(list)
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, valueText(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// quote writes s as a JSON string, leaving <, > and & readable.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // strings can always be encoded
	}
	return strings.TrimSpace(b.String())
}
