package subprocess

import (
	"os"
	"testing"

	"github.com/outcore/outcore/engine/enginetest"
	"github.com/outcore/outcore/task"
)

func TestMain(m *testing.M) {
	Main()
	// The race detector would have every child sleep a second before it ends.
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	os.Exit(m.Run())
}

func TestConformance(t *testing.T) {
	enginetest.Run(t, enginetest.Subject{
		Remote: true,
		New: func(t *testing.T, workers int) task.Runner {
			e, err := New(Config{Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			return e
		},
	})
}
