package train

import (
	"encoding/binary"
	"encoding/json"
	"errors"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
)

// Unfinished gives the identity of the run whose checkpoint is in s, nil when
// there is none: which data, at which version, it would go on with.
func Unfinished(s compose.Store) (map[string]string, error) {
	data, err := s.ReadAll(checkpointFile, maxCheckpoint)
	if errors.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)-8) {
		return nil, errs.New(errs.Corrupt, "the checkpoint is cut short at %d bytes", len(data)).WithFix("--restart, to begin anew")
	}
	var begun struct {
		Identity map[string]string `json:"identity"`
	}
	if err := json.Unmarshal(data[8:8+binary.LittleEndian.Uint64(data)], &begun); err != nil {
		return nil, errs.New(errs.Corrupt, "the checkpoint cannot be read: %w", err).WithFix("--restart, to begin anew")
	}
	return begun.Identity, nil
}
