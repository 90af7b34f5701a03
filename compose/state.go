package compose

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// stateMagic begins a state; its number is the version.
const stateMagic = "outcore.state/1\n"

// A stateDoc is what a state says before its arrays.
type stateDoc struct {
	Pipeline string    `json:"pipeline"`
	Input    columns   `json:"input"`
	Online   bool      `json:"online,omitempty"`
	Settled  []bool    `json:"settled,omitempty"` // steps whose columns depend on the data
	Steps    []stepDoc `json:"steps"`
}

// State gives all that the steps have learned so far, also in the middle of a
// pass and before anything is fitted, as one object for a checkpoint:
// SetState on a pipeline of the same steps goes on from there with the same
// bits. (docs/format/model.md, State.)
func (p *Pipeline) State() ([]byte, error) {
	steps, files, err := p.describe()
	if err != nil {
		return nil, err
	}
	doc := stateDoc{Pipeline: p.String(), Input: columns(p.in), Online: p.online, Steps: steps}
	for i := range p.stages {
		doc.Settled = append(doc.Settled, p.stages[i].grows)
	}
	head, err := json.Marshal(doc)
	if err != nil {
		return nil, errs.New(errs.Invalid, "the state cannot be stored: %w", err)
	}
	size := len(stateMagic) + 8 + len(head) + sha256.Size
	for _, f := range files {
		size += len(f.data)
	}
	out := make([]byte, 0, size)
	out = append(out, stateMagic...)
	out = binary.LittleEndian.AppendUint64(out, uint64(len(head)))
	out = append(out, head...)
	for _, f := range files {
		out = append(out, f.data...)
	}
	sum := sha256.Sum256(out)
	return append(out, sum[:]...), nil
}

// SetState is the reverse of State, for a pipeline of the same steps that has
// learned nothing. A state of other steps is errs.Conflict, a damaged one
// errs.Corrupt. b is not kept.
func (p *Pipeline) SetState(b []byte) error {
	const where = "state"
	body, found := bytes.CutPrefix(b, []byte(stateMagic))
	if !found || len(body) < 8+sha256.Size {
		return corrupt(where, "", "found %d bytes that do not begin with %q", len(b), stateMagic)
	}
	if sum := sha256.Sum256(b[:len(b)-sha256.Size]); !bytes.Equal(sum[:], b[len(b)-sha256.Size:]) {
		return corrupt(where, "", "the content is not what was written")
	}
	body = body[:len(body)-sha256.Size]
	n := binary.LittleEndian.Uint64(body)
	if body = body[8:]; n > uint64(len(body)) {
		return corrupt(where, "", "the header has %d bytes of %d", n, len(body))
	}
	var doc stateDoc
	if err := json.Unmarshal(body[:n], &doc); err != nil {
		return badJSON(where, err)
	}
	body = body[n:]
	if doc.Pipeline != p.String() {
		return errs.New(errs.Conflict, "the checkpoint is of the pipeline %s, not of %s", doc.Pipeline, p)
	}
	if len(p.in.Fields) > 0 && !slices.Equal(p.in.Fields, doc.Input.Fields) {
		return errs.New(errs.Conflict, "the checkpoint has the columns %s, the data %s", feature.Schema(doc.Input).Brief(), p.in.Brief())
	}
	whole := document{Steps: doc.Steps}
	if err := whole.fits(where, p); err != nil {
		return err
	}
	if err := whole.checkArrays(where, 0); err != nil {
		return err
	}
	have := map[string][]byte{}
	read := func(a *arrayDoc) ([]byte, error) {
		if _, ok := have[a.File]; !ok {
			if a.Bytes > int64(len(body)) {
				return nil, corrupt(where, a.File, "cut short")
			}
			have[a.File], body = body[:a.Bytes], body[a.Bytes:]
		}
		data := slices.Clone(have[a.File]) // steps may learn on in it
		return data, a.match(where, data)
	}
	if err := p.restore(feature.Schema(doc.Input), doc.Steps, read, blame(where)); err != nil {
		return err
	}
	p.online = doc.Online
	for i := range p.stages {
		p.stages[i].grows = i < len(doc.Settled) && doc.Settled[i]
	}
	return nil
}
