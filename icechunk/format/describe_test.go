package format

import (
	"fmt"
	"strings"
	"time"
)

// These functions say what was decoded in the words of the engine's answers.

func clock(us int64) string {
	s := time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.000000Z")
	s = strings.Replace(s, "000Z", "Z", 1)
	return strings.Replace(s, ".000Z", "Z", 1)
}

func describeItems(items []Item) map[string]any {
	m := map[string]any{}
	for _, it := range items {
		m[it.Name] = it.Value
	}
	return m
}

type dict = map[string]any

func describeRefs(refs []Ref) dict {
	m := dict{}
	for _, r := range refs {
		m[r.Name] = r.Snapshot.String()
	}
	return m
}

func describeRepo(r *Repo) dict {
	snapshots := []dict{}
	for _, s := range r.Snapshots {
		d := dict{"id": s.ID.String(), "flushed_at": clock(s.Flushed), "message": s.Message, "metadata": describeItems(s.Meta)}
		if s.Parent != (ObjectID{}) {
			d["parent_id"] = s.Parent.String()
		}
		snapshots = append(snapshots, d)
	}
	updates := []dict{}
	for _, u := range r.Updates {
		d := dict{"update_type": describeUpdate(u), "updated_at": clock(u.At)}
		if u.Backup != "" {
			d["backup_path"] = u.Backup
		}
		updates = append(updates, d)
	}
	d := dict{
		"spec_version": fmt.Sprintf("%d.0", r.SpecVersion),
		"branches":     describeRefs(r.Branches), "tags": describeRefs(r.Tags),
		"deleted_tags": append([]string{}, r.DeletedTags...),
		"snapshots":    snapshots, "metadata": describeItems(r.Metadata), "latest_updates": updates,
	}
	if r.Before != "" {
		d["repo_before_updates"] = r.Before
	}
	return d
}

func describeUpdate(u Update) dict {
	name := map[UpdateKind]string{
		RepoInitialized: "RepoInitializedUpdate", RepoMigrated: "RepoMigratedUpdate", ConfigChanged: "ConfigChangedUpdate",
		MetadataChanged: "MetadataChangedUpdate", TagCreated: "TagCreatedUpdate", TagDeleted: "TagDeletedUpdate",
		BranchCreated: "BranchCreatedUpdate", BranchDeleted: "BranchDeletedUpdate", BranchReset: "BranchResetUpdate",
		NewCommit: "NewCommitUpdate", CommitAmended: "CommitAmendedUpdate", NewDetachedSnapshot: "NewDetachedSnapshotUpdate",
		GCRan: "GCRanUpdate", ExpirationRan: "ExpirationRanUpdate", FeatureFlagChanged: "FeatureFlagChanged",
		RepoStatusChanged: "RepoStatusChangedUpdate",
	}[u.Kind]
	d := dict{"type": name}
	switch u.Kind {
	case TagCreated, BranchCreated:
		d["name"] = u.Name
	case TagDeleted, BranchDeleted, BranchReset:
		d["name"], d["previous_snap_id"] = u.Name, u.Previous.String()
	case NewCommit:
		d["branch"], d["new_snap_id"] = u.Name, u.New.String()
	case CommitAmended:
		d["branch"], d["previous_snap_id"], d["new_snap_id"] = u.Name, u.Previous.String(), u.New.String()
	case NewDetachedSnapshot:
		d["new_snap_id"] = u.New.String()
	case RepoMigrated:
		d["from_version"], d["to_version"] = fmt.Sprintf("%d.0", u.From), fmt.Sprintf("%d.0", u.To)
	case FeatureFlagChanged:
		d["id"] = u.Flag
		if u.IsSet {
			d["new_value"] = u.Value
		}
	case RepoStatusChanged:
		s := dict{"availability": [...]string{"Online", "ReadOnly", "Offline"}[u.Status.Availability], "set_at": clock(u.Status.Set), "limited_availability_reason": nil}
		if u.Status.Reason != "" {
			s["limited_availability_reason"] = u.Status.Reason
		}
		d["status"] = s
	}
	return d
}

func describeSnapshot(s *Snapshot) dict {
	manifests := []dict{}
	for _, m := range s.Manifests {
		manifests = append(manifests, dict{"id": m.ID.String(), "size_bytes": m.Size, "num_chunk_refs": m.Refs})
	}
	nodes := []dict{}
	for _, n := range s.Nodes {
		d := dict{"id": n.ID.String(), "path": n.Path, "node_type": "group"}
		if a := n.Array; a != nil {
			d["node_type"] = "array"
			shape := []dict{}
			for k, dim := range a.Shape {
				s := dict{"array_length": dim.Length, "num_chunks": dim.Chunks}
				if a.Names != nil && a.Names[k] != "" {
					s["name"] = a.Names[k]
				}
				shape = append(shape, s)
			}
			d["shape"] = shape
			refs := []dict{}
			for _, m := range a.Manifests {
				extents := [][2]uint32{}
				for _, e := range m.Extents {
					extents = append(extents, [2]uint32{e.From, e.To})
				}
				refs = append(refs, dict{"id": m.ID.String(), "extents": extents})
			}
			d["manifest_refs"] = refs
		}
		nodes = append(nodes, d)
	}
	return dict{
		"id": s.ID.String(), "flushed_at": clock(s.Flushed), "commit_message": s.Message,
		"metadata": describeItems(s.Meta), "manifests": manifests, "nodes": nodes,
	}
}

func describeManifest(m *Manifest) dict {
	total := map[string]int{}
	arrays := []dict{}
	for _, a := range m.Arrays {
		n := map[string]int{}
		for _, r := range a.Refs {
			switch {
			case r.Inline != nil:
				n["inline"]++
			case r.Virtual != nil:
				n["virtual"]++
			default:
				n["native"]++
			}
		}
		d := dict{"node_id": a.Node.String(), "num_chunk_refs": len(a.Refs)}
		for _, kind := range []string{"inline", "native", "virtual"} {
			d["num_"+kind] = n[kind]
			total[kind] += n[kind]
		}
		total["refs"] += len(a.Refs)
		arrays = append(arrays, d)
	}
	return dict{
		"id": m.ID.String(), "num_arrays": len(arrays), "arrays": arrays, "total_chunk_refs": total["refs"],
		"total_inline": total["inline"], "total_native": total["native"], "total_virtual": total["virtual"],
	}
}

func describeLog(l *TransactionLog) dict {
	ids := func(list []NodeID) []string {
		out := []string{}
		for _, id := range list {
			out = append(out, id.String())
		}
		return out
	}
	chunks := []dict{}
	for _, c := range l.Chunks {
		list := [][]uint32{}
		for i := range c.Len() {
			list = append(list, append([]uint32{}, c.Indices[i*c.Rank:(i+1)*c.Rank]...))
		}
		chunks = append(chunks, dict{"node_id": c.Node.String(), "chunks": list})
	}
	moves := []dict{}
	for _, m := range l.Moves {
		moves = append(moves, dict{"from": m.From, "to": m.To})
	}
	return dict{
		"new_groups": ids(l.NewGroups), "new_arrays": ids(l.NewArrays),
		"deleted_groups": ids(l.DeletedGroups), "deleted_arrays": ids(l.DeletedArrays),
		"updated_groups": ids(l.UpdatedGroups), "updated_arrays": ids(l.UpdatedArrays),
		"updated_chunks": chunks, "moved_nodes": moves,
	}
}
