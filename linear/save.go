package linear

import (
	"encoding/json"
	"math"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/ml"
)

// config is the JSON of a saved model; numbers that must keep their bits are
// in arrays.
type config struct {
	Columns int      `json:"columns"` // -1 before the first batch
	Rows    int64    `json:"rows"`    // learned so far
	Batches int64    `json:"batches"`
	Classes []string `json:"classes,omitempty"`
	Aliased bool     `json:"aliased,omitempty"`

	First    Diagnosis `json:"first_batch"`
	Diverged int64     `json:"diverged,omitempty"` // batch
}

// scalars are the numbers of a vector beside its arrays, in the order saved.
func (v *vector) scalars() []*float64 {
	return []*float64{&v.scale, &v.bias, &v.total, &v.meanA, &v.meanB, &v.meanBias}
}

func (s *sgd) save(classes []string) (any, []dtype.Named) {
	c := config{Columns: s.d, Rows: s.Rows(), Batches: s.batch, Classes: classes, First: s.diagnosis, Diverged: s.diverged}
	if s.d < 0 {
		return c, nil
	}
	var weights, paid, mean, scalars []float64
	for i := range s.v {
		v := &s.v[i]
		c.Aliased = v.aliased
		if len(s.v) == 1 {
			weights, paid, mean = v.w, v.paid, v.mean
		} else {
			weights, paid, mean = append(weights, v.w...), append(paid, v.paid...), append(mean, v.mean...)
		}
		for _, p := range v.scalars() {
			scalars = append(scalars, *p)
		}
	}
	k := len(s.v)
	arrays := []dtype.Named{
		dtype.NewNamed("weights", weights, k, s.d),
		dtype.NewNamed("scalars", scalars, k, len(scalars)/k),
	}
	if s.h.truncate {
		arrays = append(arrays, dtype.NewNamed("l1_paid", paid, k, s.d))
	}
	if s.h.average > 0 {
		arrays = append(arrays, dtype.NewNamed("mean_weights", mean, k, s.d))
	}
	return c, arrays
}

// load reads what save gave for a model of these parameters, and returns the
// classes. s changes only when all is well.
func (s *sgd) load(raw json.RawMessage, arrays []dtype.Named, classifier bool) (classes []string, err error) {
	var c config
	if err := ml.Config(raw, &c); err != nil {
		return nil, err
	}
	fresh := sgd{step: s.step, h: s.h, d: -1, t: 1}
	k := 1
	if len(c.Classes) > 2 {
		k = len(c.Classes)
	}
	if c.Columns < -1 || c.Rows < 0 || c.Batches < 0 || len(c.Classes) == 1 || classifier != (len(c.Classes) > 0) && (c.Columns >= 0 || !classifier) {
		return nil, errs.New(errs.Corrupt, "%s: saved model has %d columns, %d rows, %d batches, classes %q", s.step, c.Columns, c.Rows, c.Batches, c.Classes)
	}
	if c.Columns >= 0 {
		state := ml.State(arrays)
		weights, err := state.Float64("weights", k, c.Columns)
		if err != nil {
			return nil, err
		}
		n := len(new(vector).scalars())
		scalars, err := state.Float64("scalars", k, n)
		if err != nil {
			return nil, err
		}
		var paid, mean []float64
		if s.h.truncate {
			if paid, err = state.Float64("l1_paid", k, c.Columns); err != nil {
				return nil, err
			}
		}
		if s.h.average > 0 {
			if mean, err = state.Float64("mean_weights", k, c.Columns); err != nil {
				return nil, err
			}
		}
		d := c.Columns
		fresh.d, fresh.t, fresh.batch, fresh.diagnosis = d, float64(c.Rows)+1, c.Batches, c.First
		fresh.diverged = c.Diverged
		fresh.v = make([]vector, k)
		for i := range fresh.v {
			v := &fresh.v[i]
			v.w, v.aliased = weights[i*d:(i+1)*d:(i+1)*d], c.Aliased
			if paid != nil {
				v.paid = paid[i*d : (i+1)*d : (i+1)*d]
			}
			if mean != nil {
				v.mean = mean[i*d : (i+1)*d : (i+1)*d]
			}
			for j, p := range v.scalars() {
				*p = scalars[i*n+j]
				if math.IsNaN(*p) || math.IsInf(*p, 0) {
					return nil, errs.New(errs.Corrupt, "%s: saved model: scalar %d of vector %d is %v", s.step, j, i, *p)
				}
			}
			if !v.finite() || v.scale <= 0 || v.meanB <= 0 {
				return nil, errs.New(errs.Corrupt, "%s: saved model: vector %d has weights that are not finite or a scale %v, %v", s.step, i, v.scale, v.meanB)
			}
		}
		if s.h.shuffle {
			fresh.seeds = seedsLike(s.h.seed, classifier, k)
		}
	}
	*s = fresh
	return c.Classes, nil
}

// Save gives the state; the arrays may share memory with the model.
func (r *Regressor) Save() (any, []dtype.Named) { return r.save(nil) }

// Load puts back what Save gave.
func (r *Regressor) Load(config json.RawMessage, arrays []dtype.Named) error {
	_, err := r.load(config, arrays, false)
	return err
}

// Save gives the state; the arrays may share memory with the model.
func (c *Classifier) Save() (any, []dtype.Named) { return c.save(c.classes) }

// Load puts back what Save gave.
func (c *Classifier) Load(config json.RawMessage, arrays []dtype.Named) error {
	classes, err := c.load(config, arrays, true)
	if err != nil {
		return err
	}
	c.classes = classes
	return nil
}
