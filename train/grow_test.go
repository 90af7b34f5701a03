package train_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/train"
)

// TestNamesThatCameLate has rows whose second half is full of new names, which
// no first rows foretell: the run is refused in the middle, and the memory that
// it then names does, for any number of workers. So does going on.
func TestNamesThatCameLate(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("x,name,y\n")
	for i := range 80_000 {
		fmt.Fprintf(&b, "%d,N%d,%d\n", i%7, max(3, i-40_000), i%11)
	}
	checkpoints := compose.Dir(t.TempDir())
	j := job{
		path: write(t, "late.csv", b.Bytes()), pipeline: "one-hot | sgd-regressor", target: "y", jobs: 2, segment: 64 << 10,
		change: func(c *train.Config) { c.Checkpoints = checkpoints },
	}
	var refused *memory.RefusedError
	j.memory = 1 << 20
	if _, _, err := j.run(t); !errors.As(err, &refused) {
		t.Fatalf("%v, expected a refusal", err)
	}
	j.memory = refused.Need
	if _, _, err := j.run(t); !errors.As(err, &refused) {
		t.Fatalf("%v, expected a refusal in the middle", err)
	}
	j.memory = refused.Need
	for _, jobs := range []int{1, 2, 3} {
		j := j
		j.jobs = jobs
		j.change = nil
		if _, _, err := j.run(t); err != nil {
			t.Errorf("%d workers in the %s that were named: %v", jobs, memory.FormatSize(j.memory), err)
		}
	}
	r, p, err := j.run(t)
	if err != nil || !r.Resumed {
		t.Fatalf("going on: resumed %v, %v", r != nil && r.Resumed, err)
	}
	j.memory, j.change = 512<<20, nil
	_, want, err := j.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if state(t, p) != state(t, want) {
		t.Error("the run that was refused and went on learned something else")
	}
}
