package compose

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/ml"
)

// ParseYAML reads a pipeline from a file's bytes:
//
//	steps:
//	  - impute
//	  - one-hot: {max: 20}
//	  - sgd-regressor:
//	      alpha: 1e-5
//
// Any other key is an error. Anchors, aliases and tags are not taken. file is
// the name that errors carry, with line and column.
func ParseYAML(file string, data []byte) (*Pipeline, error) {
	y := yamlFile(file)
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, y.syntax(err)
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, errs.New(errs.Invalid, "expected one YAML document with the key steps").At(errs.Position{File: file, Line: 1})
	}
	top, err := y.mapping(tree.Docs[0].Body, "the key steps")
	if err != nil {
		return nil, err
	}
	var steps *ast.SequenceNode
	for _, kv := range top {
		if kv.key != "steps" {
			return nil, y.fault(kv.at, errs.Invalid, "unknown key %q%s; expected steps", kv.key, errs.Suggest(kv.key, []string{"steps"}))
		}
		if steps, err = y.sequence(kv.value, "a list of steps"); err != nil {
			return nil, err
		}
	}
	if steps == nil {
		return nil, y.fault(tree.Docs[0].Body, errs.Invalid, "no key steps")
	}
	var decls []Declaration
	for _, node := range steps.Values {
		d, err := y.step(node)
		if err != nil {
			return nil, err
		}
		decls = append(decls, d)
	}
	p, err := New(decls)
	if err != nil {
		return nil, y.relay(steps, err)
	}
	return p, nil
}

// A yamlFile is the name of a YAML file, for its errors.
type yamlFile string

// A pair is one key of a mapping.
type pair struct {
	key   string
	at    ast.Node
	value ast.Node
}

func (y yamlFile) fault(at ast.Node, kind errs.Kind, format string, args ...any) *errs.Error {
	e := errs.New(kind, format, args...)
	pos := errs.Position{File: string(y)}
	if at != nil && at.GetToken() != nil && at.GetToken().Position != nil {
		pos.Line = int64(at.GetToken().Position.Line)
		pos.Column = strconv.Itoa(at.GetToken().Position.Column)
	}
	return e.At(pos)
}

// syntax gives the place and the first line of the YAML reader's error.
func (y yamlFile) syntax(err error) error {
	pos := errs.Position{File: string(y)}
	msg := err.Error()
	var e yaml.Error
	if errors.As(err, &e) {
		msg = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			pos.Line, pos.Column = int64(t.Position.Line), strconv.Itoa(t.Position.Column)
		}
	}
	msg, _, _ = strings.Cut(msg, "\n")
	return errs.New(errs.Invalid, "this is not YAML: %s", msg).At(pos)
}

func (y yamlFile) relay(at ast.Node, err error) error {
	e := y.fault(at, errs.Invalid, "%w", err)
	var inner *errs.Error
	if errors.As(err, &inner) {
		e.Kind, e.Fix = inner.Kind, inner.Fix
		e.Msg = strings.TrimSuffix(err.Error(), " (fix: "+inner.Fix+")")
	}
	return e
}

// step reads a step: its name, or its name with a mapping of parameters.
func (y yamlFile) step(node ast.Node) (Declaration, error) {
	if s, ok := node.(*ast.StringNode); ok {
		return y.check(Declaration{Step: s.Value}, node, nil)
	}
	m, err := y.mapping(node, "a step's name, or its name with parameters")
	if err != nil {
		return Declaration{}, err
	}
	if len(m) != 1 {
		return Declaration{}, y.fault(node, errs.Invalid, "%d names in one step, expected one: begin each step with '- '", len(m))
	}
	d := Declaration{Step: m[0].key}
	if _, empty := m[0].value.(*ast.NullNode); empty {
		return y.check(d, m[0].at, nil)
	}
	spec, err := ml.Lookup(d.Step)
	if err != nil {
		return d, y.relay(m[0].at, err)
	}
	params, err := y.mapping(m[0].value, "parameters as name: value")
	if err != nil {
		return d, err
	}
	d.Params = map[string]any{}
	for _, kv := range params {
		doc, err := findParam(spec, kv.key)
		if err != nil {
			return d, y.relay(kv.at, err)
		}
		v, err := y.value(kv.value)
		if err != nil {
			return d, err
		}
		d.Params[kv.key] = coerce(doc, v)
	}
	return y.check(d, m[0].at, params)
}

// check makes the step, to place its errors.
func (y yamlFile) check(d Declaration, at ast.Node, params []pair) (Declaration, error) {
	spec, err := ml.Lookup(d.Step)
	if err != nil {
		return d, y.relay(at, err)
	}
	if _, err := ml.Make(spec.Name, d.Params); err != nil {
		for _, kv := range params {
			if _, bad := ml.Make(spec.Name, map[string]any{kv.key: d.Params[kv.key]}); bad != nil {
				at, err = kv.at, bad
				break
			}
		}
		return d, y.relay(at, err)
	}
	d.Step = spec.Name
	return d, nil
}

// mapping lists the pairs of a mapping; want says what was expected.
func (y yamlFile) mapping(node ast.Node, want string) ([]pair, error) {
	var values []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return nil, y.fault(node, errs.Invalid, "found %s, expected %s", describe(node), want)
	}
	var out []pair
	seen := map[string]bool{}
	for _, v := range values {
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			return nil, y.fault(v, errs.Invalid, "found %s, expected a name", describe(v.Key))
		}
		if seen[key.Value] {
			return nil, y.fault(key, errs.Invalid, "%s is given twice", key.Value)
		}
		seen[key.Value] = true
		out = append(out, pair{key.Value, key, v.Value})
	}
	return out, nil
}

func (y yamlFile) sequence(node ast.Node, want string) (*ast.SequenceNode, error) {
	s, ok := node.(*ast.SequenceNode)
	if !ok {
		return nil, y.fault(node, errs.Invalid, "found %s, expected %s", describe(node), want)
	}
	return s, nil
}

// value reads a literal or a list of literals.
func (y yamlFile) value(node ast.Node) (any, error) {
	text := ""
	if t := node.GetToken(); t != nil {
		text = t.Value
	}
	switch n := node.(type) {
	case *ast.StringNode:
		// YAML 1.2 reads 1e-5 as a number, its library as a string.
		if lit := classify(token{text: n.Value}); !lit.word && text == n.Value && n.GetToken().Type.String() == "String" {
			return literal{lit.val, n.Value}, nil
		}
		return literal{n.Value, n.Value}, nil
	case *ast.BoolNode:
		return literal{n.Value, text}, nil
	case *ast.IntegerNode:
		v, err := strconv.ParseFloat(fmt.Sprint(n.Value), 64)
		if err != nil {
			return nil, y.fault(node, errs.Invalid, "found %s, expected a number", text)
		}
		return literal{v, text}, nil
	case *ast.FloatNode:
		if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) {
			return nil, y.fault(node, errs.Invalid, "found %s, expected a finite number", text)
		}
		return literal{n.Value, text}, nil
	case *ast.SequenceNode:
		list := []any{}
		for _, e := range n.Values {
			v, err := y.value(e)
			if err != nil {
				return nil, err
			}
			if _, nested := v.([]any); nested {
				return nil, y.fault(e, errs.Invalid, "found a list in a list")
			}
			list = append(list, v)
		}
		return list, nil
	}
	return nil, y.fault(node, errs.Invalid, "found %s, expected a value", describe(node))
}

// describe names what a node is.
func describe(node ast.Node) string {
	if node == nil {
		return "nothing"
	}
	switch node.(type) {
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.NullNode:
		return "nothing"
	}
	text, _, _ := strings.Cut(node.String(), "\n")
	return fmt.Sprintf("%q", text)
}
