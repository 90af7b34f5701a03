package local

import (
	"testing"

	"github.com/outcore/outcore/engine/enginetest"
	"github.com/outcore/outcore/task"
)

func TestConformance(t *testing.T) {
	enginetest.Run(t, enginetest.Subject{
		New: func(t *testing.T, workers int) task.Runner { return New(Config{Workers: workers}) },
	})
}
