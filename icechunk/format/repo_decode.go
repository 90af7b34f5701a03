package format

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format/flat"
)

// DecodeRepo reads an object `repo`. Besides what every decoder checks, refs and
// parents name snapshots that are there, ancestry has no circle, names are there
// once, and there is a branch main.
func DecodeRepo(file []byte) (*Repo, error) {
	body, err := unwrap(RepoFile, file)
	if err != nil {
		return nil, err
	}
	s := &scan{Reader: flat.NewReader(body)}
	r := s.repo(s.Root())
	if s.Err() == nil {
		r.check(s)
	}
	if s.Err() != nil {
		return nil, errs.New(errs.Corrupt, "icechunk: repo: %w", s.Err())
	}
	r.Newer = s.newer
	return r, nil
}

func (s *scan) repo(t flat.Table) *Repo {
	s.known(t, "repo", 13, 1, 2, 3, 4, 5, 7)
	r := &Repo{
		SpecVersion:   t.Uint8(0, 0),
		Snapshots:     s.snapshotInfos(t.Vector(4, 4)),
		Status:        s.status(t.Table(5)),
		Metadata:      s.items(t, 6),
		Updates:       s.updates(t.Vector(7, 4)),
		Before:        t.String(8),
		Config:        t.Bytes(9),
		EnabledFlags:  uint16s(t, 10),
		DisabledFlags: uint16s(t, 11),
		Extra:         t.Bytes(12),
	}
	if r.SpecVersion > specVersion {
		s.beyond("a later version of the specification")
	}
	r.Tags = s.refs(t.Vector(1, 4), r.Snapshots)
	r.Branches = s.refs(t.Vector(2, 4), r.Snapshots)
	for v, i := t.Vector(3, 4), 0; i < v.Len(); i++ {
		r.DeletedTags = append(r.DeletedTags, v.String(i))
	}
	// Parents are indices into the order of the file; only now may it change.
	slices.SortFunc(r.Snapshots, func(a, b SnapshotInfo) int { return a.ID.Compare(b.ID) })
	byName := func(a, b Ref) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(r.Tags, byName)
	slices.SortFunc(r.Branches, byName)
	slices.Sort(r.DeletedTags)
	slices.Sort(r.EnabledFlags)
	slices.Sort(r.DisabledFlags)
	return r
}

// uint16s is nil when absent, not nil when empty.
func uint16s(t flat.Table, slot int) []uint16 {
	if !t.Has(slot) {
		return nil
	}
	v := t.Vector(slot, 2)
	out := make([]uint16, 0, v.Len())
	for i := range v.Len() {
		out = append(out, binary.LittleEndian.Uint16(v.At(i)))
	}
	return out
}

func (s *scan) snapshotInfos(v flat.Vector) []SnapshotInfo {
	infos := make([]SnapshotInfo, 0, v.Len())
	parents := make([]int32, 0, v.Len())
	for i := range v.Len() {
		t := v.Table(i)
		s.known(t, "snapshot info", 6, 0, 3)
		info := SnapshotInfo{
			ID:      s.objectID(t, 0),
			Flushed: s.time(t, 2),
			Message: t.String(3),
			Meta:    s.items(t, 4),
			Pruned:  objectIDs(t.Vector(5, len(ObjectID{}))),
		}
		parent := t.Int32(1)
		if parent < -1 || int(parent) >= v.Len() {
			s.Fail("icechunk: snapshot %s has parent %d of %d", info.ID, parent, v.Len())
		}
		if s.Err() != nil {
			return nil
		}
		infos = append(infos, info)
		parents = append(parents, parent)
	}
	for i, p := range parents {
		if p >= 0 {
			infos[i].Parent = infos[p].ID
		}
	}
	if i := circle(parents); i >= 0 {
		s.Fail("icechunk: snapshot %s is its own ancestor", infos[i].ID)
		return nil
	}
	return infos
}

// circle finds an element that its parents lead back to; -1 = none.
func circle(parents []int32) int {
	const unseen, leads, ends = 0, 1, 2
	state := make([]uint8, len(parents))
	for i := range parents {
		at := int32(i)
		for at >= 0 && state[at] == unseen {
			state[at] = leads
			at = parents[at]
		}
		if at >= 0 && state[at] == leads {
			return int(at)
		}
		for at = int32(i); at >= 0 && state[at] == leads; at = parents[at] {
			state[at] = ends
		}
	}
	return -1
}

func objectIDs(v flat.Vector) []ObjectID {
	var ids []ObjectID
	for i := range v.Len() {
		ids = append(ids, ObjectID(v.At(i)))
	}
	return ids
}

func (s *scan) refs(v flat.Vector, infos []SnapshotInfo) []Ref {
	var refs []Ref
	for i := range v.Len() {
		t := v.Table(i)
		s.known(t, "ref", 2, 0)
		name, at := t.String(0), t.Uint32(1)
		if s.Err() == nil && uint64(at) >= uint64(len(infos)) {
			s.Fail("icechunk: ref %q is at snapshot %d of %d", name, at, len(infos))
		}
		if s.Err() != nil {
			return nil
		}
		refs = append(refs, Ref{Name: name, Snapshot: infos[at].ID})
	}
	return refs
}

func (s *scan) status(t flat.Table) Status {
	s.known(t, "status", 3)
	st := Status{Availability: Availability(t.Uint8(0, 0)), Set: s.time(t, 1), Reason: t.String(2)}
	if st.Availability > Offline {
		s.beyond("an availability of unknown meaning")
	}
	return st
}

func (s *scan) updates(v flat.Vector) []Update {
	var updates []Update
	for i := range v.Len() {
		t := v.Table(i)
		s.known(t, "update", 4, 0, 1)
		u := Update{Kind: UpdateKind(t.Uint8(0, 0)), At: s.time(t, 2), Backup: t.String(3)}
		s.update(&u, t.Table(1))
		if s.Err() != nil {
			return nil
		}
		updates = append(updates, u)
	}
	return updates
}

// update reads what the update's kind has.
func (s *scan) update(u *Update, t flat.Table) {
	switch u.Kind {
	case RepoInitialized, ConfigChanged, MetadataChanged, GCRan, ExpirationRan:
		s.known(t, "update", 0)
	case RepoMigrated:
		s.known(t, "update", 2)
		u.From, u.To = t.Uint8(0, 0), t.Uint8(1, 0)
	case TagCreated, BranchCreated:
		s.known(t, "update", 1, 0)
		u.Name = t.String(0)
	case TagDeleted, BranchDeleted, BranchReset:
		s.known(t, "update", 2, 0, 1)
		u.Name, u.Previous = t.String(0), s.objectID(t, 1)
	case NewCommit:
		s.known(t, "update", 2, 0, 1)
		u.Name, u.New = t.String(0), s.objectID(t, 1)
	case CommitAmended:
		s.known(t, "update", 3, 0, 1, 2)
		u.Name, u.Previous, u.New = t.String(0), s.objectID(t, 1), s.objectID(t, 2)
	case NewDetachedSnapshot:
		s.known(t, "update", 1, 0)
		u.New = s.objectID(t, 0)
	case FeatureFlagChanged:
		s.known(t, "update", 3)
		u.Flag, u.Value, u.IsSet = t.Uint16(0), t.Bool(1), t.Bool(2)
	case RepoStatusChanged:
		s.known(t, "update", 1, 0)
		u.Status = s.status(t.Table(0))
	default:
		s.beyond("an update of unknown kind")
	}
}

// check finds names and ids that are there twice, in sorted lists.
func (r *Repo) check(s *scan) {
	for i := 1; i < len(r.Snapshots); i++ {
		if r.Snapshots[i].ID == r.Snapshots[i-1].ID {
			s.Fail("icechunk: snapshot %s is there twice", r.Snapshots[i].ID)
		}
	}
	hasMain := false
	for _, refs := range [][]Ref{r.Tags, r.Branches} {
		for i := 1; i < len(refs); i++ {
			if refs[i].Name == refs[i-1].Name {
				s.Fail("icechunk: ref %q is there twice", refs[i].Name)
			}
		}
	}
	for _, b := range r.Branches {
		hasMain = hasMain || b.Name == "main"
	}
	if !hasMain {
		s.Fail("icechunk: there is no branch main")
	}
}
