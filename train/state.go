package train

import (
	"github.com/outcore/outcore/feature/profile"
)

// A state is how far a run has come. Together with the pipeline's own state it
// is a checkpoint: both are of the instant between two folds.
type state struct {
	Pass int `json:"pass"` // passes over the data that are done

	// In the pass under way: go on with row Rows, which lies in the segment at
	// Mark, whose first row is row MarkRow.
	Rows    int64 `json:"rows"`
	Kept    int64 `json:"kept"` // rows used so far
	Mark    mark  `json:"mark"`
	MarkRow int64 `json:"mark_row"`

	Loss     float64 `json:"loss"` // sum over LossRows rows of this epoch
	LossRows int64   `json:"loss_rows"`
	Target   target  `json:"target"`
	Result   Result  `json:"result"`

	Look *profile.State `json:"look,omitempty"` // of look, in a checkpoint
	look *profile.Profile
	Wide *profile.WideState `json:"wide,omitempty"` // of wide, in a checkpoint
	wide *profile.Wide
}

// advance notes that the batch at p was folded.
func (s *state) advance(p place) {
	s.Rows = p.next
	s.Kept += int64(p.kept)
	s.Mark, s.MarkRow = p.mark, p.markRow
}

// nextPass notes that a pass called name is done, and starts the next one.
func (s *state) nextPass(name string, f *feed) {
	r := &s.Result
	r.Passes = append(r.Passes, name)
	r.Rows, r.Trained, r.HeldOut = s.Rows, s.Kept, s.Rows-s.Kept
	r.NoTarget, r.Bad = f.end.Dropped, f.end.Bad
	s.Pass++
	s.Rows, s.Kept, s.Mark, s.MarkRow = 0, 0, mark{}, 0
}
