package train

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/feature/profile"
)

// checkpointFile holds the one checkpoint of a run: eight bytes of length, the
// state as JSON, then what the pipeline's State gave, which carries a checksum.
// It is replaced whole, so it is always of one instant.
const checkpointFile = "train.checkpoint"

// maxCheckpoint bounds what a checkpoint may claim: a model of 2^30 weights.
const maxCheckpoint = 16 << 30

// saved is the JSON part of a checkpoint.
type saved struct {
	Identity map[string]string `json:"identity"`
	State    *state            `json:"state"`
}

// save writes a checkpoint of the instant between two folds.
func (t *trainer) save(context.Context) error {
	if t.Checkpoints == nil {
		return nil
	}
	t.state.Look = nil
	if t.state.look != nil {
		t.state.Look = t.state.look.State()
	}
	t.state.Wide = nil
	if t.state.wide != nil {
		t.state.Wide = t.state.wide.State()
	}
	head, err := json.Marshal(saved{t.identity(), &t.state})
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	body, err := t.Pipeline.State()
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	return t.Checkpoints.Put(checkpointFile, append(append(data, head...), body...))
}

// resume goes on from a checkpoint, if there is one of this very run.
func (t *trainer) resume() error {
	if t.Checkpoints == nil {
		return nil
	}
	data, err := t.Checkpoints.ReadAll(checkpointFile, maxCheckpoint)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	damaged := func(err error) error {
		return errs.New(errs.Corrupt, "the checkpoint cannot be read: %w", err).WithFix("--restart, to begin anew")
	}
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)-8) {
		return damaged(errs.New(errs.Corrupt, "cut short at %d bytes", len(data)))
	}
	n := binary.LittleEndian.Uint64(data)
	s := saved{State: &t.state}
	dec := json.NewDecoder(bytes.NewReader(data[8 : 8+n]))
	if err := dec.Decode(&s); err != nil {
		return damaged(err)
	}
	if differs := difference(s.Identity, t.identity()); differs != "" {
		return errs.New(errs.Invalid, "an unfinished run is here, begun differently: %s", differs).
			WithFix("give the same options, or --restart to begin anew")
	}
	if err := t.Pipeline.SetState(data[8+n:]); err != nil {
		return damaged(err)
	}
	if t.state.Look != nil {
		t.state.look = profile.New(t.feed.asm.Schema())
		if err := t.state.look.Restore(t.state.Look); err != nil {
			return damaged(err)
		}
	}
	if t.state.Wide != nil {
		t.state.wide = profile.NewWide(len(t.feed.asm.Schema().Fields))
		if err := t.state.wide.Restore(t.state.Wide); err != nil {
			return damaged(err)
		}
		t.state.Wide = nil
	}
	t.state.Result.Resumed = true
	t.Events.Send(event.Event{Kind: event.Resume, Step: "train", Done: t.feed.done(t.state.Mark), Rows: t.state.Rows, Unit: unit(t.Data),
		Message: fmt.Sprintf("going on after %d passes and %d rows", t.state.Pass, t.state.Rows)})
	return nil
}

// Forget removes the checkpoint of a run whose model is saved, or that is to
// begin anew.
func Forget(s compose.Store) error {
	if r, ok := s.(compose.Remover); ok {
		return r.Remove(checkpointFile)
	}
	return nil
}

// identity is all that has to be the same for a run to go on.
func (t *trainer) identity() map[string]string {
	id := maps.Clone(t.Identity)
	if id == nil {
		id = map[string]string{}
	}
	id["--pipeline"] = t.Pipeline.String()
	id["--target"] = t.Roles.Target
	id["--weight"] = t.Roles.Weight
	id["--leave"] = strings.Join(t.Roles.Leave, ",")
	id["--use"] = feature.Schema{Fields: t.Roles.Inputs}.Brief()
	id["--batch"] = fmt.Sprint(t.Batch)
	id["--epochs"] = fmt.Sprint(t.Epochs)
	id["--holdout"] = fmt.Sprint(t.Holdout)
	id["--seed"] = fmt.Sprint(t.Seed)
	id["--online"] = fmt.Sprint(t.Online)
	id["--classes"] = strings.Join(t.Classes, ",")
	return id
}

// difference says what differs between two identities, "" for nothing.
func difference(was, is map[string]string) string {
	keys := slices.Sorted(maps.Keys(was))
	for _, k := range slices.Sorted(maps.Keys(is)) {
		if _, ok := was[k]; !ok {
			keys = append(keys, k)
		}
	}
	var out []string
	for _, k := range keys {
		switch {
		case was[k] == is[k]:
		case strings.HasPrefix(k, "file ") && was[k] != "" && is[k] != "":
			out = append(out, fmt.Sprintf("%s changed, or was touched, since: it was %q, is %q", k, was[k], is[k]))
		default:
			out = append(out, fmt.Sprintf("%s was %q, is %q", k, was[k], is[k]))
		}
	}
	return strings.Join(out, "; ")
}
