package format

import (
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format/flat"
)

// DecodeTransactionLog reads an object below transactions/. Its lists come out
// sorted.
func DecodeTransactionLog(file []byte) (*TransactionLog, error) {
	body, err := unwrap(TransactionLogFile, file)
	if err != nil {
		return nil, err
	}
	s := &scan{Reader: flat.NewReader(body)}
	log := s.transactionLog(s.Root())
	if s.Err() != nil {
		return nil, errs.New(errs.Corrupt, "icechunk: transaction log %s: %w", log.ID, s.Err())
	}
	log.Newer = s.newer
	return log, nil
}

func (s *scan) transactionLog(t flat.Table) *TransactionLog {
	s.known(t, "transaction log", 10, 0, 1, 2, 3, 4, 5, 6, 7)
	log := &TransactionLog{
		ID:            s.objectID(t, 0),
		NewGroups:     nodeIDs(t.Vector(1, len(NodeID{}))),
		NewArrays:     nodeIDs(t.Vector(2, len(NodeID{}))),
		DeletedGroups: nodeIDs(t.Vector(3, len(NodeID{}))),
		DeletedArrays: nodeIDs(t.Vector(4, len(NodeID{}))),
		UpdatedArrays: nodeIDs(t.Vector(5, len(NodeID{}))),
		UpdatedGroups: nodeIDs(t.Vector(6, len(NodeID{}))),
		Extra:         t.Bytes(9),
	}
	for v, i := t.Vector(7, 4), 0; i < v.Len() && s.Err() == nil; i++ {
		if u, have := s.updatedChunks(v.Table(i)); have {
			log.Chunks = append(log.Chunks, u)
		}
	}
	for v, i := t.Vector(8, 4), 0; i < v.Len() && s.Err() == nil; i++ {
		log.Moves = append(log.Moves, s.move(v.Table(i)))
	}
	slices.SortFunc(log.Chunks, func(a, b UpdatedChunks) int { return a.Node.Compare(b.Node) })
	slices.SortFunc(log.Moves, func(a, b Move) int { return ComparePaths(a.To, b.To) })
	for i := 1; i < len(log.Chunks); i++ {
		if log.Chunks[i].Node == log.Chunks[i-1].Node {
			s.Fail("icechunk: array %s is there twice", log.Chunks[i].Node)
		}
	}
	return log
}

func nodeIDs(v flat.Vector) []NodeID {
	if v.Len() == 0 {
		return nil
	}
	ids := make([]NodeID, v.Len())
	for i := range ids {
		ids[i] = NodeID(v.At(i))
	}
	slices.SortFunc(ids, NodeID.Compare)
	return ids
}

// updatedChunks reports false for an array of which no chunk is named.
func (s *scan) updatedChunks(t flat.Table) (UpdatedChunks, bool) {
	s.known(t, "updated chunks", 2, 0, 1)
	u := UpdatedChunks{Node: s.nodeID(t, 0)}
	v := t.Vector(1, 4)
	var last []byte
	sorted := true
	for i := range v.Len() {
		c := v.Table(i)
		s.known(c, "chunk index", 1, 0)
		index := c.Vector(0, 4)
		if s.Err() != nil {
			return u, false
		}
		raw := index.Raw()
		if i == 0 {
			u.Rank = index.Len()
			if u.Rank > 0 { // more than a million grow as they are found to be there
				u.Indices = make([]uint32, 0, min(v.Len()*u.Rank, 1<<20))
			}
		} else {
			sorted = sorted && compareIndex(last, raw) < 0
		}
		last = raw
		if index.Len() != u.Rank || u.Rank == 0 && i > 0 {
			s.Fail("icechunk: chunk %d of array %s has an index of %d numbers, the first has %d", i, u.Node, index.Len(), u.Rank)
			return u, false
		}
		u.Indices = append(u.Indices, make([]uint32, u.Rank)...)
		unpack(u.Indices[len(u.Indices)-u.Rank:], raw)
	}
	if !sorted {
		sortIndices(&u)
	}
	return u, v.Len() > 0
}

// sortIndices sorts, and drops what is there twice.
func sortIndices(u *UpdatedChunks) {
	rows := make([][]uint32, 0, len(u.Indices)/u.Rank)
	for row := range slices.Chunk(u.Indices, u.Rank) {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, slices.Compare)
	rows = slices.CompactFunc(rows, slices.Equal)
	u.Indices = slices.Concat(rows...)
}

func (s *scan) move(t flat.Table) Move {
	// The type of a group is the default, which writers leave out.
	s.known(t, "move", 4, 0, 1, 2)
	m := Move{From: t.String(0), To: t.String(1), Node: s.nodeID(t, 2)}
	if s.Err() != nil {
		return m
	}
	for _, p := range []string{m.From, m.To} {
		if err := CheckPath(p); err != nil {
			s.Fail("%w", err)
		}
	}
	switch kind := t.Uint8(3, 0); kind {
	case 0:
	case 1:
		m.Array = true
	default:
		s.Fail("icechunk: %q is of unknown kind %d", m.To, kind)
	}
	return m
}
