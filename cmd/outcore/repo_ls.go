package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"path"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/compose/node"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/table"
	"github.com/outcore/outcore/zarr"
)

// A nodeInfo is one group, array, table or model.
type nodeInfo struct {
	Path    string     `json:"path"`
	Kind    string     `json:"kind"` // group, array, table, matrix, sparse or model
	Shape   []uint64   `json:"shape,omitempty"`
	Type    string     `json:"type,omitempty"`
	Chunk   []uint64   `json:"chunk_shape,omitempty"`
	Chunks  int64      `json:"chunks,omitempty"` // stored
	Stored  int64      `json:"stored_bytes"`
	Raw     int64      `json:"raw_bytes,omitempty"` // decoded; 0 for elements of variable length
	Changed *time.Time `json:"changed,omitempty"`
	Columns int        `json:"columns,omitempty"` // of a table
	Damaged string     `json:"damaged,omitempty"`

	Pipeline string `json:"pipeline,omitempty"` // of a model
	Target   string `json:"target,omitempty"`   // of a model; "" when labels came apart

	unknown bool // Damaged tells of what this version does not know
	varying bool // holds elements of variable length, so that Raw is not known
}

// whole reports whether what is below is a part of it: columns, arrays of a model.
func (n *nodeInfo) whole() bool { return n.Kind == "table" || n.Kind == "model" }

// lookBack is how many snapshots are searched for the last change of a node:
// one transaction log each.
const lookBack = 1000

func (p *program) repoLsCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "ls ADDRESS",
		Short: "List groups, arrays, tables and models with their sizes",
		Long: `List the groups, arrays, tables and models of a repository, or those below a
node: shape, element type, shape of a chunk, bytes stored, how many times
smaller that is than the elements, and the last change; of a model, what it
predicts and its steps. The columns of a table and the arrays of a model are
listed with --all.`,
		Example: "  outcore repo ls data/lab\n  outcore repo ls 'data/lab@v1#/mnist' --json",
		Args:    exactly(1, "the address of a repository, or of a node in it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.looking(cmd, args[0], func(ctx context.Context, pl *place) error {
				list, err := listNodes(ctx, pl, all)
				if err != nil {
					return err
				}
				return p.printNodes(list)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list the columns of tables and the arrays of models too")
	return cmd
}

// listNodes describes the node of pl and all below it.
func listNodes(ctx context.Context, pl *place, all bool) ([]nodeInfo, error) {
	// First, as it needs memory that is free again before the list does.
	changed, err := lastChanges(ctx, pl)
	if err != nil {
		return nil, err
	}
	s, err := pl.Snapshot(ctx, pl.ref)
	if err != nil {
		return nil, err
	}
	var list []nodeInfo
	within := "" // the table or model whose parts are being listed
	for n, err := range s.Nodes(ctx, pl.node) {
		if err != nil {
			return nil, err
		}
		info, err := describeNode(ctx, s, n)
		if err != nil {
			return nil, err
		}
		if info.whole() {
			within = info.Path
		}
		if within != "" && strings.HasPrefix(n.Path, strings.TrimSuffix(within, "/")+"/") && n.Path != within {
			addPart(list, within, info)
			if !all {
				continue
			}
		}
		list = append(list, info)
	}
	dateNodes(list, changed)
	return list, nil
}

// dateNodes says of each node when it was changed last; of a table or model, when
// any of its parts was.
func dateNodes(list []nodeInfo, changed map[string]time.Time) {
	at := map[string]*nodeInfo{}
	for i := range list {
		at[list[i].Path] = &list[i]
	}
	for name, when := range changed {
		for p := name; ; p = path.Dir(p) {
			if n := at[p]; n != nil && (p == name || n.whole()) && (n.Changed == nil || when.After(*n.Changed)) {
				n.Changed = &when
			}
			if p == path.Dir(p) {
				break
			}
		}
	}
}

// describeNode describes one node; metadata that cannot be read is told in it.
func describeNode(ctx context.Context, s *icechunk.Session, n icechunk.Node) (nodeInfo, error) {
	info := nodeInfo{Path: n.Path, Kind: "group"}
	if !n.Array {
		if _, err := zarr.ParseGroup(n.Doc); err != nil {
			info.Damaged = err.Error()
		}
		if kind := groupKinds[table.FormatOf(n.Doc)]; kind != "" {
			info.Kind = kind
		} else if doc := node.Model(n.Doc); doc != nil {
			info.describeModel(doc)
		}
		return info, nil
	}
	info.Kind = "array"
	for c, err := range s.Chunks(ctx, n.Path) {
		if unreadable(err) {
			info.Damaged = err.Error()
			break
		}
		if err != nil {
			return info, err
		}
		info.Chunks++
		if c.Ref.Inline != nil {
			info.Stored += int64(len(c.Ref.Inline))
		} else {
			info.Stored += int64(c.Ref.Length)
		}
	}
	m, err := zarr.ParseArray(n.Doc)
	if err != nil {
		info.Damaged, info.unknown = err.Error(), isKind(err, errs.Unsupported)
		return info, nil
	}
	info.Shape, info.Type, info.Chunk = m.Shape, m.Type.Name, m.ChunkShape
	info.Raw, info.varying = int64(m.Type.Size), m.Type.Size == 0
	for _, d := range m.Shape {
		high, low := bits.Mul64(uint64(info.Raw), d)
		if high != 0 || low > math.MaxInt64 { // more than there can be
			info.Raw, info.varying = 0, true
			break
		}
		info.Raw = int64(low)
	}
	return info, nil
}

// unreadable reports an object that is damaged, missing, or of a newer kind.
func unreadable(err error) bool {
	return isKind(err, errs.Corrupt) || isKind(err, errs.NotFound) || isKind(err, errs.TooLarge) || isKind(err, errs.Unsupported)
}

// groupKinds are the groups that are read as rows.
var groupKinds = map[string]string{table.TableFormat: "table", table.MatrixFormat: "matrix", table.SparseFormat: "sparse"}

// describeModel takes from model.json what a model is for.
func (n *nodeInfo) describeModel(doc []byte) {
	var m struct {
		Pipeline string `json:"pipeline"`
		Target   struct {
			Name string `json:"name"`
		} `json:"target"`
	}
	n.Kind = "model"
	if err := json.Unmarshal(doc, &m); err != nil {
		n.Damaged = err.Error()
		return
	}
	n.Pipeline, n.Target = m.Pipeline, m.Target.Name
}

// modelText says what a model predicts and by which steps, in some 50 letters.
func (n *nodeInfo) modelText() string {
	text := n.Pipeline
	if n.Target != "" {
		text = n.Target + " by " + n.Pipeline
	}
	const most = 50
	if letters := []rune(oneLine(text)); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return oneLine(text)
}

// addPart counts a column to its table, an array to its model.
func addPart(list []nodeInfo, of string, part nodeInfo) {
	for i := range list {
		t := &list[i]
		if t.Path != of {
			continue
		}
		t.varying = t.varying || part.varying
		t.Stored += part.Stored
		t.Chunks += part.Chunks
		t.Raw += part.Raw
		if t.Kind == "table" {
			if !strings.HasSuffix(part.Path, "__valid") {
				t.Columns++
			}
			if len(part.Shape) == 1 && t.Shape == nil {
				t.Shape, t.Chunk = part.Shape, part.Chunk
			}
		}
		if part.Damaged != "" {
			t.Damaged = part.Path + ": " + part.Damaged
		}
	}
}

// lastChanges finds when each path was last changed, as far as lookBack goes.
func lastChanges(ctx context.Context, pl *place) (map[string]time.Time, error) {
	last := map[string]time.Time{}
	n := 0
	for s, err := range pl.Log(ctx, pl.ref) {
		if err != nil {
			return nil, err
		}
		if n++; n > lookBack || s.Parent == (format.ObjectID{}) {
			break
		}
		d, err := pl.Diff(ctx, s.Parent, s.ID)
		if unreadable(err) {
			break // what is before is not known
		}
		if err != nil {
			return nil, err
		}
		at := micros(s.Flushed)
		see := func(path string) {
			if _, ok := last[path]; !ok {
				last[path] = at
			}
		}
		for _, paths := range [][]string{d.NewGroups, d.NewArrays, d.DeletedGroups, d.DeletedArrays, d.UpdatedGroups, d.UpdatedArrays} {
			for _, path := range paths {
				see(path)
			}
		}
		for _, m := range d.Moved {
			see(m.To)
		}
		for path := range d.Chunks {
			see(path)
		}
	}
	return last, nil
}

func (p *program) printNodes(list []nodeInfo) error {
	if p.json {
		if list == nil {
			list = []nodeInfo{}
		}
		return p.object("outcore.repo.ls/v1", struct {
			Nodes []nodeInfo `json:"nodes"`
		}{list})
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PATH\tKIND\tSHAPE\tTYPE\tCHUNK\tSTORED\tRATIO\tCHANGED")
	for _, n := range list {
		stored, ratio, changed, kind := "", "", "", n.Type
		switch n.Kind {
		case "table":
			kind = fmt.Sprintf("%d columns", n.Columns)
		case "model":
			kind = n.modelText()
		}
		if n.Kind == "array" || n.whole() {
			stored = memory.FormatSize(n.Stored)
		}
		if n.Stored > 0 && n.Raw > 0 && !n.varying {
			ratio = fmt.Sprintf("%.1f", float64(n.Raw)/float64(n.Stored))
		}
		if n.Changed != nil {
			changed = n.Changed.Local().Format("2006-01-02 15:04:05")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", visible(n.Path), n.Kind, shapeText(n.Shape), kind, shapeText(n.Chunk), stored, ratio, changed)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, n := range list {
		what := "damaged"
		if n.unknown {
			what = "not understood"
		}
		if n.Damaged != "" {
			if _, err := fmt.Fprintf(p.stdout, "%s: %s: %s\n", visible(n.Path), what, visible(n.Damaged)); err != nil {
				return err
			}
		}
	}
	return nil
}

// shapeText writes 60000×784.
func shapeText(shape []uint64) string {
	var parts []string
	for _, d := range shape {
		parts = append(parts, strconv.FormatUint(d, 10))
	}
	return strings.Join(parts, "×")
}
