package compose

import (
	"sync"

	"github.com/outcore/outcore/ml"
)

// scratches keeps the memory that transformed frames lie in, one ml.Scratch a
// stage, for the next frame. It holds as many as were in use at once: what a
// sync.Pool loses, and makes anew, nobody could predict.
type scratches struct {
	mu   sync.Mutex
	free []*[]ml.Scratch
}

// take gives the one that was used last, or a new one for so many stages.
func (s *scratches) take(stages int) *[]ml.Scratch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		out := s.free[n-1]
		s.free[n-1] = nil
		s.free = s.free[:n-1]
		return out
	}
	out := make([]ml.Scratch, stages)
	return &out
}

func (s *scratches) put(x *[]ml.Scratch) {
	s.mu.Lock()
	s.free = append(s.free, x)
	s.mu.Unlock()
}

// Rest gives up the memory that Transform keeps for the next frame: between
// passes, whose batches may differ in size.
func (p *Pipeline) Rest() {
	p.scratch.mu.Lock()
	p.scratch.free = nil
	p.scratch.mu.Unlock()
}
