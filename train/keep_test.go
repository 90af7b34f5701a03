package train_test

import (
	"errors"
	"testing"

	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/train"
)

// TestTheResultIsKeptInTheMemoryOfTheRun: what writes the model may make as much
// garbage as the run, and not as the cap has room for.
func TestTheResultIsKeptInTheMemoryOfTheRun(t *testing.T) {
	j := regression
	j.path = write(t, "t.csv", table(500))
	no := errors.New("no room")
	var held int64
	var budget *memory.Budget
	j.change = func(c *train.Config) {
		budget = c.Budget
		c.Keep = func(r *train.Result) error {
			if r.Trained == 0 {
				t.Error("nothing was learned yet")
			}
			held = budget.Stats().Reserved
			return no
		}
	}
	if _, _, err := j.run(t); !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
	if held == 0 {
		t.Error("nothing was reserved any more")
	}
}
