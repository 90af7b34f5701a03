package format

import (
	"slices"
	"strings"

	"github.com/outcore/outcore/icechunk/format/flat"
)

// Encode gives the bytes of the object `repo`. errs.Invalid says what readers
// would refuse: a ref or parent without its snapshot, no branch main, a name or
// id twice, a tag that was deleted, times of updates that do not fall.
func (r *Repo) Encode(opts ...Option) ([]byte, error) {
	b := newBuild(4<<10 + 128*(len(r.Snapshots)+len(r.Updates)))
	infos := inOrder(r.Snapshots, func(x, y SnapshotInfo) int { return x.ID.Compare(y.ID) })
	snapshots := b.snapshotInfos(infos)
	tags, branches := b.refs(r.Tags, infos), b.refs(r.Branches, infos)
	deleted := b.names(r.DeletedTags)
	for _, t := range r.Tags {
		if slices.Contains(r.DeletedTags, t.Name) {
			b.invalid("tag %q was deleted: its name cannot be used again", t.Name)
		}
	}
	if !slices.ContainsFunc(r.Branches, func(ref Ref) bool { return ref.Name == "main" }) {
		b.invalid("there is no branch main")
	}
	status := b.status(r.Status)
	metadata := b.items(r.Metadata, false)
	updates := b.updates(r.Updates)
	var before flat.Ref
	if r.Before != "" {
		before = b.text(r.Before, "file name")
	}
	config := b.bytes(r.Config)
	enabled, disabled := b.flags(r.EnabledFlags), b.flags(r.DisabledFlags)
	extra := b.bytes(r.Extra)

	b.Start()
	b.Set(1, tags)
	b.Set(2, branches)
	b.Set(3, deleted)
	b.Set(4, snapshots)
	b.Set(5, status)
	b.Set(6, metadata)
	b.Set(7, updates)
	b.Set(8, before)
	b.Set(9, config)
	b.Set(10, enabled)
	b.Set(11, disabled)
	b.Set(12, extra)
	b.SetUint8(0, max(r.SpecVersion, specVersion))
	return b.finish(RepoFile, b.End(), r.Newer, opts)
}

// place finds an id in sorted infos.
func place(infos []SnapshotInfo, id ObjectID) (int, bool) {
	return slices.BinarySearchFunc(infos, id, func(s SnapshotInfo, id ObjectID) int { return s.ID.Compare(id) })
}

func (b *build) snapshotInfos(infos []SnapshotInfo) flat.Ref {
	refs := make([]flat.Ref, len(infos))
	for i, s := range infos {
		if i > 0 && infos[i-1].ID == s.ID {
			b.invalid("snapshot %s is there twice", s.ID)
		}
		parent := -1
		if s.Parent != (ObjectID{}) {
			at, have := place(infos, s.Parent)
			if !have {
				b.invalid("snapshot %s has parent %s, which is not there", s.ID, s.Parent)
			}
			parent = at
		}
		message, meta := b.text(s.Message, "message"), b.items(s.Meta, false)
		pruned := b.objectIDs(s.Pruned)
		b.Start()
		b.setUint64(2, b.time(s.Flushed, "a snapshot"))
		b.Set(3, message)
		b.Set(4, meta)
		b.Set(5, pruned)
		if parent != 0 { // 0, an index like any other, is the default
			b.SetUint32(1, uint32(int32(parent)))
		}
		b.SetStruct(0, s.ID[:])
		refs[i] = b.End()
	}
	return b.Refs(refs)
}

// objectIDs builds a vector that is absent when there are none.
func (b *build) objectIDs(ids []ObjectID) flat.Ref {
	if len(ids) == 0 {
		return 0
	}
	return b.Structs(len(ObjectID{}), 1, len(ids), func(i int, dst []byte) { copy(dst, ids[i][:]) })
}

func (b *build) refs(list []Ref, infos []SnapshotInfo) flat.Ref {
	list = inOrder(list, func(x, y Ref) int { return strings.Compare(x.Name, y.Name) })
	refs := make([]flat.Ref, len(list))
	for i, r := range list {
		if i > 0 && list[i-1].Name == r.Name {
			b.invalid("ref %q is there twice", r.Name)
		}
		at, have := place(infos, r.Snapshot)
		if !have {
			b.invalid("ref %q is at snapshot %s, which is not there", r.Name, r.Snapshot)
		}
		name := b.text(r.Name, "ref")
		b.Start()
		b.Set(0, name)
		if at != 0 {
			b.SetUint32(1, uint32(at))
		}
		refs[i] = b.End()
	}
	return b.Refs(refs)
}

// names builds a sorted vector of strings.
func (b *build) names(list []string) flat.Ref {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	refs := make([]flat.Ref, len(list))
	for i, s := range list {
		refs[i] = b.text(s, "tag")
	}
	return b.Refs(refs)
}

// flags builds a sorted vector; nil stays absent.
func (b *build) flags(list []uint16) flat.Ref {
	if list == nil {
		return 0
	}
	return b.Uint16s(slices.Compact(slices.Sorted(slices.Values(list))))
}

func (b *build) status(s Status) flat.Ref {
	var reason flat.Ref
	if s.Reason != "" {
		reason = b.text(s.Reason, "reason")
	}
	b.Start()
	b.setUint64(1, b.time(s.Set, "a status"))
	b.Set(2, reason)
	if s.Availability != Online {
		b.SetUint8(0, uint8(s.Availability))
	}
	return b.End()
}

func (b *build) updates(list []Update) flat.Ref {
	refs := make([]flat.Ref, len(list))
	for i, u := range list {
		if i > 0 && list[i-1].At <= u.At {
			b.invalid("update %d is not older than the one before it, at %d microseconds", i, u.At)
		}
		value := b.update(u)
		var backup flat.Ref
		if u.Backup != "" {
			backup = b.text(u.Backup, "file name")
		}
		b.Start()
		b.setUint64(2, b.time(u.At, "an update"))
		b.Set(1, value)
		b.Set(3, backup)
		b.SetUint8(0, uint8(u.Kind))
		refs[i] = b.End()
	}
	return b.Refs(refs)
}

// update builds what the update's kind has.
func (b *build) update(u Update) flat.Ref {
	var name, status flat.Ref
	switch u.Kind {
	case TagCreated, TagDeleted, BranchCreated, BranchDeleted, BranchReset, NewCommit, CommitAmended:
		name = b.text(u.Name, "ref")
	case RepoStatusChanged:
		status = b.status(u.Status)
	}
	b.Start()
	switch u.Kind {
	case RepoInitialized, ConfigChanged, MetadataChanged, GCRan, ExpirationRan:
	case RepoMigrated:
		b.SetUint8(0, u.From)
		b.SetUint8(1, u.To)
	case TagCreated, BranchCreated:
		b.Set(0, name)
	case TagDeleted, BranchDeleted, BranchReset:
		b.Set(0, name)
		b.SetStruct(1, u.Previous[:])
	case NewCommit:
		b.Set(0, name)
		b.SetStruct(1, u.New[:])
	case CommitAmended:
		b.Set(0, name)
		b.SetStruct(2, u.New[:])
		b.SetStruct(1, u.Previous[:])
	case NewDetachedSnapshot:
		b.SetStruct(0, u.New[:])
	case FeatureFlagChanged:
		b.SetUint16(0, u.Flag)
		b.SetUint8(1, truth(u.Value))
		b.SetUint8(2, truth(u.IsSet))
	case RepoStatusChanged:
		b.Set(0, status)
	default:
		b.invalid("an update of kind %d", u.Kind)
	}
	return b.End()
}

func truth(v bool) uint8 {
	if v {
		return 1
	}
	return 0
}
