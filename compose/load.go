package compose

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// maxDocument is the most bytes of model.json: a million categories with
// names of 60 bytes.
const maxDocument = 64 << 20

// Load reads a model of at most limit bytes of arrays (0 is no limit). Sizes
// are checked before memory is taken, and every file against its sha256. A
// damaged or hostile file is errs.Corrupt and names file and field; a newer
// major version, or a step that this program does not have, is
// errs.Unsupported; no model is errs.NotFound.
func Load(s Store, limit int64) (*Model, error) {
	at := func(name string) string {
		str, ok := s.(fmt.Stringer)
		switch {
		case !ok:
			return name
		case strings.Contains(str.String(), "://"):
			return strings.TrimSuffix(str.String(), "/") + "/" + name
		}
		return path.Join(str.String(), name)
	}
	where := at(modelFile)
	b, err := s.ReadAll(modelFile, maxDocument)
	if errors.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "no model here: there is no model.json").At(errs.Position{File: where}).WithFix("outcore train makes one; --model names its directory, or ADDRESS#/path")
	}
	if err != nil {
		return nil, err
	}
	doc, err := readDocument(where, b)
	if err != nil {
		return nil, err
	}
	read := func(a *arrayDoc) ([]byte, error) {
		data, err := s.ReadAll(a.File, a.Bytes)
		if errors.Is(err, errs.NotFound) {
			return nil, corrupt(at(a.File), "", "the file is missing")
		}
		if err != nil {
			return nil, err
		}
		return data, a.match(at(a.File), data)
	}
	if err := doc.checkArrays(where, limit); err != nil {
		return nil, err
	}
	p, err := doc.pipeline(where)
	if err != nil {
		return nil, err
	}
	if err := p.restore(feature.Schema(doc.Input), doc.Steps, read, blame(where)); err != nil {
		return nil, err
	}
	if err := doc.agrees(where, p); err != nil {
		return nil, err
	}
	m := &Model{Pipeline: p, Target: doc.Target, Training: doc.Training, Data: doc.Data, Lineage: doc.Lineage, Extra: doc.Extra}
	for _, step := range doc.Steps {
		m.steps = append(m.steps, step.Extra)
	}
	return m, nil
}

// DigestOf is the digest of the model in s, without loading it: what Save gave.
func DigestOf(s Store) (string, error) {
	b, err := s.ReadAll(modelFile, maxDocument)
	if err != nil {
		return "", err
	}
	return digest(b), nil
}

// blame gives errors of step i the file and the field; what already names a
// file keeps it.
func blame(file string) func(int, error) error {
	return func(i int, err error) error {
		var e *errs.Error
		if errors.As(err, &e) && e.Pos.File != "" {
			return err
		}
		return corrupt(file, fmt.Sprintf("steps[%d]", i), "%w", err)
	}
}

// readDocument decodes model.json after looking at its version.
func readDocument(where string, b []byte) (*document, error) {
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, badJSON(where, err)
	}
	if !strings.HasPrefix(head.Format, "outcore.model/") {
		return nil, corrupt(where, "format", "found %q, expected %q", head.Format, Format)
	}
	if !strings.HasPrefix(head.Format, "outcore.model/1.") {
		return nil, errs.New(errs.Unsupported, "format: found %s, this program reads outcore.model/1", head.Format).
			At(errs.Position{File: where}).WithFix("a newer outcore")
	}
	var doc document
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, badJSON(where, err)
	}
	return &doc, nil
}

// badJSON names the field, or the byte, where decoding failed.
func badJSON(where string, err error) error {
	var typ *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &typ):
		return corrupt(where, typ.Field, "found %s, expected %s", typ.Value, kindOfJSON(typ.Type))
	case errors.As(err, &syntax):
		e := corrupt(where, "", "this is no model, or a damaged one: %v", syntax)
		e.Pos.Byte = syntax.Offset
		return e
	}
	return corrupt(where, "", "%v", err)
}

// kindOfJSON names what JSON calls a value of type t.
func kindOfJSON(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}

// checkArrays looks at all that is said of arrays before any is read.
func (d *document) checkArrays(where string, limit int64) error {
	var total int64
	for i := range d.Steps {
		for j := range d.Steps[i].Arrays {
			a := &d.Steps[i].Arrays[j]
			if err := a.check(); err != nil {
				return corrupt(where, fmt.Sprintf("steps[%d].arrays[%d]", i, j), "%v", err)
			}
			total += a.Bytes // at most 2^40 each, of a document of at most 2^26 bytes
		}
	}
	if limit > 0 && total > limit {
		return errs.New(errs.TooLarge, "the model's arrays have %d bytes, more than the %d allowed", total, limit).At(errs.Position{File: where})
	}
	return nil
}

// match compares the bytes read with what is said of them.
func (a *arrayDoc) match(where string, data []byte) error {
	if int64(len(data)) != a.Bytes {
		return corrupt(where, "", "found %d bytes, expected %d", len(data), a.Bytes)
	}
	if sum := digest(data); sum != a.SHA256 {
		return corrupt(where, "", "the content is not what was written: found sha256 %s, expected %s", ShortDigest(sum), ShortDigest(a.SHA256))
	}
	return nil
}

// pipeline makes the steps of d, not yet loaded.
func (d *document) pipeline(where string) (*Pipeline, error) {
	var decls []Declaration
	for i, s := range d.Steps {
		if s.Implied {
			continue
		}
		decl := Declaration{Step: s.Step, Params: s.Params}
		if _, err := makeStage(decl); err != nil {
			if errors.Is(err, errs.NotFound) {
				return nil, errs.New(errs.Unsupported, "steps[%d]: this program has no step %q", i, s.Step).At(errs.Position{File: where})
			}
			return nil, corrupt(where, fmt.Sprintf("steps[%d]", i), "%w", err)
		}
		decls = append(decls, decl)
	}
	p, err := New(decls)
	if err != nil {
		return nil, corrupt(where, "steps", "%w", err)
	}
	return p, d.fits(where, p)
}

// fits reports whether the steps of d are those of p.
func (d *document) fits(where string, p *Pipeline) error {
	if len(d.Steps) != len(p.stages) {
		return corrupt(where, "steps", "found %d, expected %d for %s", len(d.Steps), len(p.stages), p)
	}
	for i, s := range d.Steps {
		if s.Step != p.stages[i].spec.Name || s.Implied != p.stages[i].hidden {
			return corrupt(where, fmt.Sprintf("steps[%d].step", i), "found %s, expected %s", s.Step, p.stages[i].spec.Name)
		}
	}
	return nil
}

// agrees reports whether what d says of the whole is what its steps make.
func (d *document) agrees(where string, p *Pipeline) error {
	if !p.Fitted() {
		return corrupt(where, "steps", "a step has not learned")
	}
	out, err := p.Output()
	if err != nil {
		return corrupt(where, "output", "%w", err)
	}
	if !slices.Equal(out.Fields, d.Output.Fields) {
		return corrupt(where, "output", "found %d columns (%s), expected the %d that the steps make (%s)",
			len(d.Output.Fields), feature.Schema(d.Output).Brief(), len(out.Fields), out.Brief())
	}
	if !slices.Equal(p.Classes(), d.Classes) {
		return corrupt(where, "classes", "found %d, the classifier has %d others", len(d.Classes), len(p.Classes()))
	}
	if d.Pipeline != p.String() {
		return corrupt(where, "pipeline", "found %q, expected %q", d.Pipeline, p)
	}
	return nil
}
