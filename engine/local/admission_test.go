package local

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/task"
)

// memory.Budget is what Admission is made for.
var _ = Admission((*memory.Budget)(nil))

// A purse is a budget in the shape of memory.Budget.
type purse struct {
	size int64
	mu   sync.Mutex
	free *sync.Cond
	used int64
	most int64
}

func newPurse(size int64) *purse {
	p := &purse{size: size}
	p.free = sync.NewCond(&p.mu)
	return p
}

type coins struct {
	p *purse
	n int64
}

func (p *purse) Reserve(ctx context.Context, n int64, what string) (*coins, error) {
	if n > p.size {
		return nil, errs.New(errs.TooLarge, "%s needs %d bytes of %d", what, n, p.size)
	}
	defer context.AfterFunc(ctx, func() { p.mu.Lock(); p.free.Broadcast(); p.mu.Unlock() })()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.used+n > p.size {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.free.Wait()
	}
	p.used += n
	p.most = max(p.most, p.used)
	return &coins{p, n}, nil
}

func (c *coins) Release() {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.p.used -= c.n
	c.p.free.Broadcast()
}

type heavyArgs struct{ I task.Index }

func heavy(bytes int64, fn func(ctx context.Context, i int64) error) task.Op[heavyArgs, int64] {
	return task.Local("heavy", func(ctx context.Context, in heavyArgs) (int64, error) {
		return int64(in.I), fn(ctx, int64(in.I))
	}, func(in heavyArgs) task.Cost { return task.Cost{Bytes: bytes + int64(in.I)} },
		task.WithRetry(task.Retry{Wait: time.Millisecond}))
}

func TestTasksAreAdmittedByTheirCost(t *testing.T) {
	p := newPurse(250)
	var g task.Graph
	two := make(chan struct{})
	heavy(100, func(ctx context.Context, i int64) error {
		if c, ok := task.Reserved[*coins](ctx); !ok || c.n != 100+i {
			t.Errorf("task %d finds reserved %+v", i, c)
		}
		switch i { // two of them must run at a time, or this hangs
		case 0:
			two <- struct{}{}
		case 1:
			<-two
		}
		return nil
	}).Range(&g, "a", 49, heavyArgs{})
	if _, err := task.Collect(New(Config{Workers: 4, Reserve: Admission(p)}).Run(t.Context(), &g, task.RunOptions{})); err != nil {
		t.Fatal(err)
	}
	if p.most > 250 || p.used != 0 || p.most < 201 {
		t.Errorf("%d bytes were reserved at a time, %d are still, want 201 to 250, and 0", p.most, p.used)
	}
}

// What a task reserved comes back when it fails, before it is tried again.
func TestFailedTaskGivesItsMemoryBack(t *testing.T) {
	p := newPurse(100)
	var g task.Graph
	failed := false
	heavy(90, func(_ context.Context, i int64) error {
		if i == 1 && !failed {
			failed = true
			return errs.New(errs.Unavailable, "away")
		}
		return nil
	}).Range(&g, "a", 3, heavyArgs{})
	if _, err := task.Collect(New(Config{Workers: 1, Reserve: Admission(p)}).Run(t.Context(), &g, task.RunOptions{})); err != nil {
		t.Fatal(err)
	}
	if p.used != 0 || !failed {
		t.Errorf("%d bytes are still reserved", p.used)
	}
}

func TestTaskThatCannotFitIsRefused(t *testing.T) {
	p := newPurse(250)
	var g task.Graph
	heavy(300, func(context.Context, int64) error { t.Error("it ran"); return nil }).Range(&g, "a", 2, heavyArgs{})
	_, err := task.Collect(New(Config{Workers: 2, Reserve: Admission(p)}).Run(t.Context(), &g, task.RunOptions{}))
	if !errors.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "task a/") {
		t.Errorf("got %v, want too large, with the task", err)
	}
}

// A run that is cancelled while tasks wait for memory ends.
func TestCancelWhileWaitingForMemory(t *testing.T) {
	p := newPurse(100)
	ctx, cancel := context.WithCancel(t.Context())
	var g task.Graph
	heavy(90, func(ctx context.Context, i int64) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}).Range(&g, "a", 5, heavyArgs{})
	_, err := task.Collect(New(Config{Workers: 3, Reserve: Admission(p)}).Run(ctx, &g, task.RunOptions{}))
	if !errors.Is(err, context.Canceled) || p.used != 0 {
		t.Errorf("got %v with %d bytes reserved, want cancelled and 0", err, p.used)
	}
}

// A loop body that panics leaves no goroutine and no lock behind.
func TestPanicInTheLoopBody(t *testing.T) {
	var g task.Graph
	began := make(chan struct{}, 10)
	heavy(0, func(ctx context.Context, i int64) error {
		began <- struct{}{}
		if i == 0 {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}).Range(&g, "a", 5, heavyArgs{})
	o := task.RunOptions{Journal: t.TempDir() + "/journal"}
	func() {
		defer func() {
			if r := recover(); r != "caller" {
				t.Errorf("recovered %v", r)
			}
		}()
		for _, err := range New(Config{Workers: 2}).Run(t.Context(), &g, o) {
			if err != nil {
				t.Error(err)
			}
			panic("caller")
		}
	}()
	for _, err := range New(Config{Workers: 2}).Run(t.Context(), &g, o, "a/0") {
		if err != nil {
			t.Errorf("the journal after the panic: %v", err)
		}
	}
}

func TestWarningsSayWhatIsTriedAgain(t *testing.T) {
	var g task.Graph
	fails := 2
	heavy(0, func(context.Context, int64) error {
		if fails--; fails >= 0 {
			return fmt.Errorf("part 7: %w", errs.New(errs.Unavailable, "no route"))
		}
		return nil
	}).Range(&g, "a", 1, heavyArgs{})
	var warnings []string
	o := task.RunOptions{Sink: func(e event.Event) {
		if e.Kind == event.Warning {
			warnings = append(warnings, e.Message)
		}
	}}
	if _, err := task.Collect(New(Config{Workers: 1}).Run(t.Context(), &g, o)); err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 2 || !strings.HasPrefix(warnings[1], "task a/0, attempt 2: part 7: no route; again in ") {
		t.Errorf("warnings %q", warnings)
	}
}

// A closure may hold anything, so a journal trusts it only by its identity.
func TestJournalDoesNotTrustClosures(t *testing.T) {
	dir := t.TempDir()
	times := func(factor int64, opts ...task.Option) int64 {
		op := task.Local("times", func(_ context.Context, in heavyArgs) (int64, error) { return factor * int64(in.I), nil }, nil, opts...)
		var g task.Graph
		parts := op.Range(&g, "part", 5, heavyArgs{})
		sum := total.Add(&g, "sum", totalArgs{All: parts.All()})
		res, err := task.Collect(New(Config{Workers: 2}).Run(t.Context(), &g, task.RunOptions{Journal: dir + "/journal"}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := sum.Of(res)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if a, b := times(1), times(2); a != 10 || b != 20 {
		t.Errorf("got %d and %d, want 10 and 20", a, b)
	}
	// The second time the closure lies about its identity, so the journal answers.
	if a, b := times(3, task.WithIdentity("3")), times(4, task.WithIdentity("3")); a != 30 || b != 30 {
		t.Errorf("got %d and %d, want 30 twice", a, b)
	}
}

func Example() {
	type args struct{ I task.Index }
	cube := task.Local("cube", func(_ context.Context, in args) (int, error) { return int(in.I * in.I * in.I), nil }, nil)
	var g task.Graph
	cubes := cube.Range(&g, "cube", 5, args{})
	results, err := task.Collect(New(Config{}).Run(context.Background(), &g, task.RunOptions{}))
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(cubes.Of(results))
	// Output: [0 1 8 27 64] <nil>
}
