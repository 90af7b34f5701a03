package local

import (
	"github.com/outcore/outcore/engine/journal"
	"github.com/outcore/outcore/engine/sched"
	"github.com/outcore/outcore/task"
)

// found is what a journal knows of a plan: a bit a task.
type found struct {
	steps map[[8]byte][]int // by digest; steps of one digest have one result
	done  [][]uint64        // by step; nil where nothing was found
	count int64
}

func (f *found) has(id sched.ID) bool {
	b := f.done[id.Step]
	return b != nil && b[id.Index>>6]&(1<<(id.Index&63)) != 0
}

// readJournal looks the plan's tasks up in j. Records of other work, or of
// numbers beyond the range, are passed over.
func readJournal(j *journal.Journal, p *task.Plan) (*found, error) {
	f := &found{steps: map[[8]byte][]int{}, done: make([][]uint64, len(p.Steps))}
	for i := range p.Steps {
		if p.Steps[i].Volatile {
			continue
		}
		f.steps[p.Steps[i].Digest] = append(f.steps[p.Steps[i].Digest], i)
	}
	err := j.Scan(func(rec journal.Record) error {
		for _, step := range f.steps[rec.Digest] {
			n := p.Steps[step].N
			if rec.Index < 0 || rec.Index >= n {
				continue
			}
			if f.done[step] == nil {
				f.done[step] = make([]uint64, (n+63)/64)
			}
			if !f.has(sched.ID{Step: step, Index: rec.Index}) {
				f.done[step][rec.Index>>6] |= 1 << (rec.Index & 63)
				f.count++
			}
		}
		return nil
	})
	return f, err
}
