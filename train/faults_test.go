package train_test

import (
	"bytes"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/train"
)

// A faulty store is one in memory whose k-th call fails, without effect or, as
// a reply that is lost, with it.
type faulty struct {
	files map[string][]byte
	calls int
	at    int // 0: never
	lost  bool
}

// call counts a call that does something, and fails in its turn.
func (s *faulty) call(do func()) error {
	s.calls++
	if s.calls != s.at {
		do()
		return nil
	}
	if s.lost {
		do()
	}
	return errBroken
}

func (s *faulty) ReadAll(name string, limit int64) (b []byte, err error) {
	var ok bool
	if err := s.call(func() { b, ok = s.files[name] }); err != nil {
		return nil, err
	}
	if !ok {
		return nil, errs.New(errs.NotFound, "%s", name)
	}
	return b, nil
}

func (s *faulty) Put(name string, data []byte) error {
	return s.call(func() { s.files[name] = bytes.Clone(data) })
}

func (s *faulty) Remove(name string) error {
	return s.call(func() { delete(s.files, name) })
}

// TestEveryCallOfTheStoreMayFail lets each call fail in turn, of checkpoints
// and of the model alike, and gives the run again.
func TestEveryCallOfTheStoreMayFail(t *testing.T) {
	path := write(t, "t.csv", table(1200))
	for name, j := range map[string]job{
		"passes": regression,
		"epochs": {pipeline: "scale | sgd-classifier", target: "class", leave: []string{"y", "city", "hole"}, change: func(c *train.Config) { c.Epochs = 2 }},
	} {
		t.Run(name, func(t *testing.T) {
			j.path, j.jobs, j.segment = path, 2, 5000
			whole := func(s *faulty) error {
				again, change := j, j.change
				again.change = func(c *train.Config) {
					if change != nil {
						change(c)
					}
					c.Checkpoints, c.CheckpointEvery = s, time.Nanosecond
				}
				r, p, err := again.run(t)
				if err != nil {
					return err
				}
				m := &compose.Model{Pipeline: p, Training: compose.Training{Rows: r.Trained, Epochs: len(r.Epochs), Scores: r.Score, Baseline: r.Baseline}}
				if _, err := m.Save(s); err != nil {
					return err
				}
				return train.Forget(s)
			}
			good := &faulty{files: map[string][]byte{}}
			if err := whole(good); err != nil {
				t.Fatal(err)
			}
			if _, left := good.files["train.checkpoint"]; left || good.calls < 20 {
				t.Fatalf("%d calls, checkpoint left %v", good.calls, left)
			}
			for k := 1; k <= good.calls; k++ {
				for _, lost := range []bool{false, true} {
					s := &faulty{files: map[string][]byte{}, at: k, lost: lost}
					// Save does without the list of the model it replaces.
					if err := whole(s); err != nil && !errors.Is(err, errBroken) {
						t.Fatalf("call %d, reply lost %v: got %v, expected the fault", k, lost, err)
					}
					if _, ok := s.files["model.json"]; ok {
						if _, err := compose.Load(s, 0); err != nil {
							t.Fatalf("call %d, reply lost %v: a model.json that is no model: %v", k, lost, err)
						}
					}
					if err := whole(s); err != nil {
						t.Fatalf("call %d, reply lost %v, again: %v", k, lost, err)
					}
					if !maps.EqualFunc(s.files, good.files, bytes.Equal) {
						t.Fatalf("call %d, reply lost %v: other bytes", k, lost)
					}
				}
			}
		})
	}
}
