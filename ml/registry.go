package ml

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
)

// A Role says where in a pipeline a step stands.
type Role string

// The roles.
const (
	Transform Role = "transform" // frames to frames
	Regress   Role = "regress"   // last: predicts a number
	Classify  Role = "classify"  // last: predicts a class
)

// A Kind says how a step's result depends on how the work is cut (design: same answer).
type Kind string

// The kinds.
const (
	KindFixed      Kind = "fixed"      // learns nothing
	KindExact      Kind = "exact"      // same bits for any cut
	KindSequential Kind = "sequential" // one batch after another
	KindAveraged   Kind = "averaged"   // same bits for a given number of partitions
)

// A Param documents one parameter of a step.
type Param struct {
	Name    string   `json:"name"`
	Default any      `json:"default"` // float64, int, bool, string or []string
	Doc     string   `json:"doc"`
	Choices []string `json:"choices,omitempty"` // for strings
}

// A Spec describes a step: what --list prints, what the parser checks, and how
// one is made. New receives the parameters as JSON, already checked against
// Params by name and type, with nothing left out that the user gave; it
// applies the defaults and checks the values.
type Spec struct {
	Name    string // "sgd-regressor"
	Aliases []string
	Doc     string // one sentence
	Role    Role
	Kind    Kind
	Params  []Param
	New     func(params json.RawMessage) (Step, error)
}

var specs []Spec

// Register adds a step; families call it from init. A name used twice is a bug.
func Register(s Spec) {
	for _, name := range append([]string{s.Name}, s.Aliases...) {
		if _, ok := find(name); ok {
			panic("ml: step " + name + " registered twice")
		}
	}
	specs = append(specs, s)
}

// Specs lists all steps by name.
func Specs() []Spec {
	out := slices.Clone(specs)
	slices.SortFunc(out, func(a, b Spec) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Lookup finds a step by name or alias.
func Lookup(name string) (Spec, error) {
	if s, ok := find(name); ok {
		return s, nil
	}
	var have []string
	for _, s := range Specs() {
		have = append(have, s.Name)
		have = append(have, s.Aliases...)
	}
	return Spec{}, errs.New(errs.NotFound, "no step %q%s", name, errs.Suggest(name, have)).WithFix("outcore train --list")
}

func find(name string) (Spec, bool) {
	for _, s := range specs {
		if s.Name == name || slices.Contains(s.Aliases, name) {
			return s, true
		}
	}
	return Spec{}, false
}

// Make builds a step of name with params (by parameter name; values as JSON
// would give them). An unknown parameter or a value of the wrong type is
// errs.Invalid and names what there is.
func Make(name string, params map[string]any) (Step, error) {
	s, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	for key, v := range params {
		i := slices.IndexFunc(s.Params, func(p Param) bool { return p.Name == key })
		if i < 0 {
			var have []string
			for _, p := range s.Params {
				have = append(have, p.Name)
			}
			return nil, errs.New(errs.Invalid, "%s: no parameter %q%s; have %s", s.Name, key, errs.Suggest(key, have), strings.Join(have, ", "))
		}
		if err := checkParam(s.Params[i], v); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, errs.New(errs.Invalid, "%s: parameters: %w", s.Name, err)
	}
	return s.New(raw)
}

// checkParam reports a value whose type, or whose choice, is not p's.
func checkParam(p Param, v any) error {
	want, ok := "", false
	switch p.Default.(type) {
	case float64:
		want = "a number"
		_, ok = v.(float64)
	case int:
		want = "a whole number"
		f, isNum := v.(float64)
		ok = isNum && f == float64(int64(f))
	case bool:
		want = "true or false"
		_, ok = v.(bool)
	case string:
		want = "a word"
		s, isStr := v.(string)
		ok = isStr
		if len(p.Choices) > 0 {
			want = "one of " + strings.Join(p.Choices, ", ")
			ok = isStr && slices.Contains(p.Choices, s)
		}
	case []string:
		want = "a list of names"
		ok = true
		list, isList := v.([]any)
		for _, e := range list {
			_, isStr := e.(string)
			ok = ok && isStr
		}
		if _, isStrs := v.([]string); !isList && !isStrs {
			ok = false
		}
	}
	if !ok {
		return errs.New(errs.Invalid, "parameter %s: found %v, expected %s", p.Name, v, want)
	}
	return nil
}
