package subprocess

import (
	"context"
	"testing"

	"github.com/outcore/outcore/task"
)

type idArgs struct{ I task.Index }

var identity = task.Register("subprocesstest.identity/v1", func(_ context.Context, in idArgs) (int64, error) { return int64(in.I), nil }, nil)

// BenchmarkTasks reports small tasks a second: two pipes and four times JSON each.
func BenchmarkTasks(b *testing.B) {
	const n = 10_000
	e, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	var g task.Graph
	identity.Range(&g, "part", n, idArgs{})
	for b.Loop() {
		for _, err := range e.Run(context.Background(), &g, task.RunOptions{}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "tasks/s")
}
