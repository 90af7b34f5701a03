package format

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/errs"
)

func TestLogComesBackSorted(t *testing.T) {
	log := func() *TransactionLog {
		return &TransactionLog{
			ID: id(1), NewGroups: []NodeID{node(1), node(2)}, NewArrays: []NodeID{node(3)}, DeletedGroups: []NodeID{node(4)},
			DeletedArrays: []NodeID{node(5)}, UpdatedArrays: []NodeID{node(6)}, UpdatedGroups: []NodeID{node(7)}, Extra: []byte{1},
			Chunks: []UpdatedChunks{{node(3), 2, []uint32{0, 1, 0, 256, 1, 0, 256, 0}}, {node(6), 0, nil}},
			Moves:  []Move{{"/g", "/a", node(8), false}, {"/g/x", "/a/b", node(9), true}, {"/h", "/a-b", node(10), false}, {"/i", "/ab", node(11), true}},
		}
	}
	want, mixed := log(), log()
	mixed.NewGroups, mixed.Chunks, mixed.Moves = shuffled(mixed.NewGroups), shuffled(mixed.Chunks), shuffled(mixed.Moves)
	mixed.Chunks[1].Indices = []uint32{256, 0, 0, 256, 1, 0, 0, 1}
	mixed.Moves = append(mixed.Moves, Move{From: "/same", To: "/same", Node: node(12)})
	a, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mixed.Encode()
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("another order gives other bytes, %v", err)
	}
	got, err := DecodeTransactionLog(a)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(- want, + got):\n%s", d)
	}
	for name, spoil := range map[string]func(*TransactionLog){
		"node in two lists": func(l *TransactionLog) { l.NewArrays = append(l.NewArrays, node(1)) },
		"array twice":       func(l *TransactionLog) { l.Chunks[1].Node = node(3) },
		"ragged":            func(l *TransactionLog) { l.Chunks[0].Indices = l.Chunks[0].Indices[:3] },
		"index twice":       func(l *TransactionLog) { l.Chunks[0].Indices[3] = 1 },
		"two to one place":  func(l *TransactionLog) { l.Moves[0].To = "/ab" },
		"no path":           func(l *TransactionLog) { l.Moves[0].From = "" },
	} {
		l := log()
		spoil(l)
		if file, err := l.Encode(); file != nil || !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
