package compose

import (
	"errors"
	"fmt"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// A Declaration is a step as it was asked for: its name and the parameters that
// were given, with values as JSON has them (float64, bool, string, []any).
type Declaration struct {
	Step   string         `json:"step"`
	Params map[string]any `json:"params,omitempty"`
}

// A Pipeline is steps in order: transformers, then perhaps a learner. One that
// ends in a classifier has a label-encoder before all others, which is not
// shown, unless one was asked for.
//
// Transform, Part, Predict and PredictProba are safe for concurrent use while
// nothing else is called; the other methods are not.
type Pipeline struct {
	stages  []stage
	in      feature.Schema
	scratch scratches
	online  bool // Online has seen a batch
}

// A stage is one step and what is known of it.
type stage struct {
	decl    Declaration
	spec    ml.Spec
	step    ml.Step
	hidden  bool // put there by New
	in, out feature.Schema
	entered bool // in is known
	bound   bool // out is known too
	fitted  bool // exact: Finish was called; others: always
	grows   bool // out depends on the data
}

// encoderName is the step that makes class numbers of labels.
const encoderName = "label-encoder"

// New makes a pipeline of declared steps. Unknown names and parameters, bad
// values and a learner before the end are errs.Invalid or errs.NotFound.
func New(decls []Declaration) (*Pipeline, error) {
	p := &Pipeline{}
	encoder := false
	for i, d := range decls {
		s, err := makeStage(d)
		if err != nil {
			return nil, err
		}
		if s.spec.Role != ml.Transform && i < len(decls)-1 {
			return nil, errs.New(errs.Invalid, "%s learns, and stands before %s: a learner is the last step", s.spec.Name, decls[i+1].Step)
		}
		encoder = encoder || s.spec.Name == encoderName
		p.stages = append(p.stages, s)
	}
	if len(p.stages) == 0 {
		return nil, errs.New(errs.Invalid, "a pipeline of no steps").WithFix("--pipeline 'scale | sgd-regressor'")
	}
	if p.Classifier() && !encoder {
		s, err := makeStage(Declaration{Step: encoderName})
		if err != nil {
			return nil, err
		}
		s.hidden = true
		p.stages = append([]stage{s}, p.stages...)
	}
	return p, nil
}

func makeStage(d Declaration) (stage, error) {
	spec, err := ml.Lookup(d.Step)
	if err != nil {
		return stage{}, err
	}
	step, err := ml.Make(spec.Name, d.Params)
	if err != nil {
		return stage{}, err
	}
	_, exact := step.(ml.Exact)
	_, transforms := step.(ml.Transformer)
	if transforms != (spec.Role == ml.Transform) {
		panic("compose: step " + spec.Name + " is not what its role says")
	}
	d.Step = spec.Name
	return stage{decl: d, spec: spec, step: step, fitted: !exact}, nil
}

// Declarations gives the steps as asked for, by their own names.
func (p *Pipeline) Declarations() []Declaration {
	var out []Declaration
	for _, s := range p.stages {
		if !s.hidden {
			out = append(out, s.decl)
		}
	}
	return out
}

// Clone is a pipeline of the same steps that has learned nothing.
func (p *Pipeline) Clone() *Pipeline {
	c, err := New(p.Declarations())
	if err != nil {
		panic(fmt.Sprintf("compose: a pipeline that was made cannot be made again: %v", err))
	}
	return c
}

// Step is step i of Declarations, for what only its own type can tell
// (coefficients, means).
func (p *Pipeline) Step(i int) ml.Step {
	for k := range p.stages {
		if p.stages[k].hidden {
			continue
		}
		if i == 0 {
			return p.stages[k].step
		}
		i--
	}
	panic("compose: no such step")
}

// last is the last stage.
func (p *Pipeline) last() *stage { return &p.stages[len(p.stages)-1] }

// Learner is the last step when it learns batch by batch, else nil.
func (p *Pipeline) Learner() ml.Learner {
	l, _ := p.last().step.(ml.Learner)
	return l
}

// Classifier reports whether the pipeline ends in a classifier: its Assembler
// then needs Roles.Classes.
func (p *Pipeline) Classifier() bool { return p.last().spec.Role == ml.Classify }

// transformers are the stages before the learner.
func (p *Pipeline) transformers() []stage {
	if p.last().spec.Role == ml.Transform {
		return p.stages
	}
	return p.stages[:len(p.stages)-1]
}

// Fitted reports whether every step that sees all rows first has.
func (p *Pipeline) Fitted() bool {
	for i := range p.stages {
		if !p.stages[i].fitted {
			return false
		}
	}
	return true
}

// fail adds the step's name to an error, unless its message begins with it.
func (s *stage) fail(err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	var e *errs.Error
	if errors.As(err, &e) { // its position comes first
		said = e.Msg
	}
	if strings.HasPrefix(said, s.spec.Name+":") {
		return err
	}
	return fmt.Errorf("%s: %w", s.spec.Name, err)
}
