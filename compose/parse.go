package compose

import (
	"errors"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/ml"
)

// Parse reads a pipeline's text:
//
//	pipeline = step { "|" step } .
//	step     = name [ "(" [ param { "," param } ] ")" ] .
//	param    = name "=" value .
//	value    = number | "true" | "false" | word | string | "[" [ value { "," value } ] "]" .
//	string   = `"` JSON string `"` | "'" any text without ' "'" .
//
// A word is letters, digits, '-', '_', '.' and '+'; what can be read as a
// number is one. A list parameter takes one value without brackets. An error
// shows its place in the text.
func Parse(text string) (*Pipeline, error) {
	p := &textParser{lexer: lexer{src: text}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	var decls []Declaration
	for {
		at := p.tok.at
		d, err := p.step()
		if err != nil {
			return nil, err
		}
		decls = append(decls, d)
		if p.tok.sign == 0 {
			break
		}
		if p.tok.sign != '|' {
			return nil, p.unexpected("'|' or the end")
		}
		if spec, _ := ml.Lookup(d.Step); spec.Role != ml.Transform {
			return nil, p.fault(at, errs.Invalid, "%s learns: a learner is the last step", d.Step)
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	return New(decls)
}

// A textParser reads tokens with one in sight.
type textParser struct {
	lexer
	tok token
}

func (p *textParser) advance() (err error) {
	p.tok, err = p.next()
	return err
}

func (p *textParser) unexpected(want string) error {
	if p.tok.sign == 0 {
		return p.fault(p.tok.at, errs.Invalid, "the text ends, expected %s", want)
	}
	return p.fault(p.tok.at, errs.Invalid, "found %s, expected %s", p.tok.text, want)
}

// step reads one step and checks it by making it.
func (p *textParser) step() (Declaration, error) {
	d := Declaration{}
	if p.tok.sign != 'v' || !p.tok.word {
		return d, p.unexpected("a step's name")
	}
	name := p.tok
	spec, err := ml.Lookup(name.text)
	if err != nil {
		return d, p.relay(name.at, err)
	}
	d.Step = spec.Name
	if err := p.advance(); err != nil {
		return d, err
	}
	places := map[string]int{}
	if p.tok.sign == '(' {
		if err := p.advance(); err != nil {
			return d, err
		}
		d.Params = map[string]any{}
		for p.tok.sign != ')' {
			if err := p.param(spec, d.Params, places); err != nil {
				return d, err
			}
			if p.tok.sign == ',' {
				err = p.advance()
			} else if p.tok.sign != ')' {
				err = p.unexpected("',' or ')'")
			}
			if err != nil {
				return d, err
			}
		}
		if err := p.advance(); err != nil {
			return d, err
		}
	}
	if _, err := ml.Make(spec.Name, d.Params); err != nil {
		return d, p.relay(culprit(spec, d.Params, places, name.at), err)
	}
	return d, nil
}

// culprit finds the parameter that is wrong by itself; when none is, the step.
func culprit(spec ml.Spec, params map[string]any, places map[string]int, step int) int {
	for _, doc := range spec.Params {
		if v, given := params[doc.Name]; given {
			if _, err := ml.Make(spec.Name, map[string]any{doc.Name: v}); err != nil {
				return places[doc.Name]
			}
		}
	}
	return step
}

// relay shows where in the text an error of another package is.
func (p *textParser) relay(at int, err error) error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return p.fault(at, errs.Invalid, "%w", err)
	}
	fix := e.Fix
	msg := strings.TrimSuffix(err.Error(), " (fix: "+fix+")")
	f := p.fault(at, e.Kind, "%s", msg)
	f.Fix = fix
	return f
}

// param reads name=value into params.
func (p *textParser) param(spec ml.Spec, params map[string]any, places map[string]int) error {
	if p.tok.sign != 'v' || !p.tok.word {
		return p.unexpected("a parameter's name")
	}
	name := p.tok
	doc, err := findParam(spec, name.text)
	if err != nil {
		return p.relay(name.at, err)
	}
	if _, twice := params[name.text]; twice {
		return p.fault(name.at, errs.Invalid, "%s is given twice", name.text)
	}
	if err := p.advance(); err != nil {
		return err
	}
	if p.tok.sign != '=' {
		return p.unexpected("'='")
	}
	if err := p.advance(); err != nil {
		return err
	}
	places[name.text] = p.tok.at
	v, err := p.value()
	if err != nil {
		return err
	}
	params[name.text] = coerce(doc, v)
	return nil
}

// findParam finds a parameter's documentation.
func findParam(spec ml.Spec, name string) (ml.Param, error) {
	var have []string
	for _, doc := range spec.Params {
		if doc.Name == name {
			return doc, nil
		}
		have = append(have, doc.Name)
	}
	if len(have) == 0 {
		return ml.Param{}, errs.New(errs.Invalid, "%s takes no parameters", spec.Name)
	}
	return ml.Param{}, errs.New(errs.Invalid, "%s: no parameter %q%s; have %s", spec.Name, name, errs.Suggest(name, have), strings.Join(have, ", "))
}

// A literal is a value with the text it was written as, for parameters whose
// values are words that may look like numbers.
type literal struct {
	val  any
	text string
}

// value reads one value: a literal or a []any of values.
func (p *textParser) value() (any, error) {
	if p.tok.sign == 'v' {
		v := literal{p.tok.val, p.tok.text}
		return v, p.advance()
	}
	if p.tok.sign != '[' {
		return nil, p.unexpected("a value")
	}
	list := []any{}
	err := p.advance()
	for err == nil && p.tok.sign != ']' {
		if p.tok.sign != 'v' {
			return nil, p.unexpected("a value")
		}
		list = append(list, literal{p.tok.val, p.tok.text})
		if err = p.advance(); err == nil && p.tok.sign == ',' {
			err = p.advance()
		} else if err == nil && p.tok.sign != ']' {
			err = p.unexpected("',' or ']'")
		}
	}
	if err == nil {
		err = p.advance()
	}
	return list, err
}

// coerce gives v as the plain value a parameter like doc takes: numbers become
// words where words are wanted, and one value a list where a list is.
func coerce(doc ml.Param, v any) any {
	asText := func(l literal) any {
		if s, ok := l.val.(string); ok {
			return s
		}
		return l.text
	}
	switch doc.Default.(type) {
	case []string:
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		out := make([]any, len(list))
		for i, e := range list {
			out[i] = asText(e.(literal))
		}
		return out
	case string:
		if l, ok := v.(literal); ok {
			return asText(l)
		}
	}
	if l, ok := v.(literal); ok {
		return l.val
	}
	out := make([]any, 0)
	for _, e := range v.([]any) {
		out = append(out, e.(literal).val)
	}
	return out
}
