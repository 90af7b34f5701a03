package main

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"path"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/table"
	"github.com/outcore/outcore/zarr"
)

// A nodeInfo is one group, array or table.
type nodeInfo struct {
	Path    string     `json:"path"`
	Kind    string     `json:"kind"` // group, array, table, matrix or sparse
	Shape   []uint64   `json:"shape,omitempty"`
	Type    string     `json:"type,omitempty"`
	Chunk   []uint64   `json:"chunk_shape,omitempty"`
	Chunks  int64      `json:"chunks,omitempty"` // stored
	Stored  int64      `json:"stored_bytes"`
	Raw     int64      `json:"raw_bytes,omitempty"` // decoded; 0 for elements of variable length
	Changed *time.Time `json:"changed,omitempty"`
	Columns int        `json:"columns,omitempty"` // of a table
	Damaged string     `json:"damaged,omitempty"`

	varying bool // holds elements of variable length, so that Raw is not known
}

// lookBack is how many snapshots are searched for the last change of a node:
// one transaction log each.
const lookBack = 1000

func (p *program) repoLsCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "ls ADDRESS",
		Short: "List groups, arrays and tables with their sizes",
		Long: `List the groups, arrays and tables of a repository, or those below a node:
shape, element type, shape of a chunk, bytes stored, how many times smaller
that is than the elements, and the last change. The columns of a table are
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
	cmd.Flags().BoolVar(&all, "all", false, "list the columns of tables too")
	return cmd
}

// listNodes describes the node of pl and all below it.
func listNodes(ctx context.Context, pl *place, all bool) ([]nodeInfo, error) {
	s, err := pl.Snapshot(ctx, pl.ref)
	if err != nil {
		return nil, err
	}
	var list []nodeInfo
	columns := "" // the table whose columns are being listed
	for n, err := range s.Nodes(ctx, pl.node) {
		if err != nil {
			return nil, err
		}
		info, err := describeNode(ctx, s, n)
		if err != nil {
			return nil, err
		}
		if info.Kind == "table" {
			columns = info.Path
		}
		if columns != "" && strings.HasPrefix(n.Path, columns+"/") {
			addColumn(list, columns, info)
			if !all {
				continue
			}
		}
		list = append(list, info)
	}
	changed, err := lastChanges(ctx, pl)
	if err != nil {
		return nil, err
	}
	dateNodes(list, changed)
	return list, nil
}

// dateNodes says of each node when it was changed last; of a table, when any of
// its columns was.
func dateNodes(list []nodeInfo, changed map[string]time.Time) {
	at := map[string]*nodeInfo{}
	for i := range list {
		at[list[i].Path] = &list[i]
	}
	for name, when := range changed {
		for p := name; ; p = path.Dir(p) {
			if n := at[p]; n != nil && (p == name || n.Kind == "table") && (n.Changed == nil || when.After(*n.Changed)) {
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
		}
		return info, nil
	}
	info.Kind = "array"
	for c, err := range s.Chunks(ctx, n.Path) {
		if isKind(err, errs.Corrupt) || isKind(err, errs.NotFound) {
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
		info.Damaged = err.Error()
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

// groupKinds are the groups that are read as rows.
var groupKinds = map[string]string{table.TableFormat: "table", table.MatrixFormat: "matrix", table.SparseFormat: "sparse"}

// addColumn counts a column to its table.
func addColumn(list []nodeInfo, of string, column nodeInfo) {
	for i := range list {
		if t := &list[i]; t.Path == of {
			if !strings.HasSuffix(column.Path, "__valid") {
				t.Columns++
			}
			t.varying = t.varying || column.varying
			t.Stored += column.Stored
			t.Chunks += column.Chunks
			t.Raw += column.Raw
			if len(column.Shape) == 1 && t.Shape == nil {
				t.Shape, t.Chunk = column.Shape, column.Chunk
			}
			if column.Damaged != "" {
				t.Damaged = column.Path + ": " + column.Damaged
			}
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
		if err != nil {
			return nil, err
		}
		for _, l := range diffLines(d) {
			if _, ok := last[l.Path]; !ok {
				last[l.Path] = micros(s.Flushed)
			}
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
		if n.Kind == "table" {
			kind = fmt.Sprintf("%d columns", n.Columns)
		}
		if n.Kind == "array" || n.Kind == "table" {
			stored = memory.FormatSize(n.Stored)
		}
		if n.Stored > 0 && n.Raw > 0 && !n.varying {
			ratio = fmt.Sprintf("%.1f", float64(n.Raw)/float64(n.Stored))
		}
		if n.Changed != nil {
			changed = n.Changed.Local().Format("2006-01-02 15:04:05")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", visible(n.Path), n.Kind, shapeText(n.Shape), kind, shapeText(n.Chunk), stored, ratio, changed)
		if n.Damaged != "" {
			fmt.Fprintf(w, "\tdamaged: %s\n", visible(n.Damaged))
		}
	}
	return w.Flush()
}

// shapeText writes 60000×784.
func shapeText(shape []uint64) string {
	var parts []string
	for _, d := range shape {
		parts = append(parts, strconv.FormatUint(d, 10))
	}
	return strings.Join(parts, "×")
}
