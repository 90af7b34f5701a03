package ndarray

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// Parse reads an expression of arrays: "x * 2 - 1", "where(x > 0, x, 0)",
// "(x - mean(x, 0)) / std(x, 0)". vars are the arrays by name.
//
//   - + − * / // % ** and comparisons as in Python; & | ^ ~ on bits and bools;
//     && || ! on truth values
//   - the functions of Functions, and where(c, a, b), clip(x, lo, hi),
//     minimum(a, b), maximum(a, b), cast(x, "float32")
//   - sum, prod, mean, var, std, min, max, argmin, argmax, any, all, count,
//     countnan and nansum, nanmean, nanvar, nanstd, nanmin, nanmax: of an array
//     and the axes to reduce, all when none are given. The axes stay, with length
//     1, so that the result fits the array.
//   - pi, e, inf, nan, true, false
//
// Binding is as in Python where the operators are the same (** before the minus
// on its left, and from the right), and comparisons come before && and ||.
// Mistakes are errs.Invalid or errs.NotFound and name the column.
func Parse(text string, vars map[string]Any) (Any, error) {
	p := &exprParser{text: text, vars: vars}
	if len(text) > maxExpr {
		return Any{}, errs.New(errs.TooLarge, "an expression of %d bytes, at most %d", len(text), maxExpr)
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }); i >= 0 {
		return Any{}, p.fail(i, errs.New(errs.Invalid, "found %q, expected an expression of one line", text[i]))
	}
	tree, err := parser.ParseExpr(goSpelling(text))
	if err != nil {
		return Any{}, p.syntax(err)
	}
	a, err := p.eval(p.powers(tree))
	if err != nil {
		return Any{}, err
	}
	return a, a.Err()
}

// maxExpr bounds the recursion of parsing.
const maxExpr = 1 << 12

// goSpelling writes // as an operator of Go that binds as strongly and has as
// many bytes; outside of texts in quotes.
func goSpelling(text string) string {
	b := []byte(text)
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			quoted = !quoted
		case !quoted && b[i] == '/' && i+1 < len(b) && b[i+1] == '/':
			b[i], b[i+1] = '&', '^'
			i++
		}
	}
	return string(b)
}

type exprParser struct {
	text string
	vars map[string]Any
}

// fail puts the column of byte at to err.
func (p *exprParser) fail(at int, err *errs.Error) error {
	return err.At(errs.Position{File: fmt.Sprintf("expression %q", p.text), Column: strconv.Itoa(at + 1)})
}

func (p *exprParser) at(n ast.Node) int { return int(n.Pos()) - 1 }

// syntax rewrites what go/parser says.
func (p *exprParser) syntax(err error) error {
	at, msg := 0, err.Error()
	if list, ok := err.(scanner.ErrorList); ok && len(list) > 0 {
		at, msg = list[0].Pos.Offset, list[0].Msg
	}
	at = min(at, len(p.text))
	e := errs.New(errs.Invalid, "%s", msg)
	word := strings.FieldsFunc(p.text[at:], func(r rune) bool { return r == ' ' })
	if len(word) > 0 {
		switch word[0] {
		case "and":
			e = e.WithFix("write &&")
		case "or":
			e = e.WithFix("write ||")
		case "=":
			e = e.WithFix("write == to compare")
		}
	}
	return p.fail(at, e)
}

// powers turns x * *y, which is how Go reads x ** y, into a call of pow, which
// binds more strongly than what stands left of it. The tree is Go's: left to
// right, unary operators first.
func (p *exprParser) powers(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.ParenExpr:
		e.X = p.powers(e.X)
	case *ast.UnaryExpr:
		e.X = p.powers(e.X)
	case *ast.CallExpr:
		for i := range e.Args {
			e.Args[i] = p.powers(e.Args[i])
		}
	case *ast.BinaryExpr:
		star, ok := e.Y.(*ast.StarExpr)
		if !ok || e.Op != token.MUL {
			e.X, e.Y = p.powers(e.X), p.powers(e.Y)
			return e
		}
		return raise(p.powers(e.X), p.powers(star.X), e.OpPos)
	}
	return e
}

// power is the operator that Go has no name for.
const power = token.XOR_ASSIGN

// raise puts the exponent y to the last factor of x.
func raise(x, y ast.Expr, at token.Pos) ast.Expr {
	switch l := x.(type) {
	case *ast.BinaryExpr:
		l.Y = raise(l.Y, y, at)
		return l
	case *ast.UnaryExpr:
		if l.Op == token.SUB || l.Op == token.ADD || l.Op == token.TILDE {
			l.X = raise(l.X, y, at)
			return l
		}
	}
	return &ast.BinaryExpr{X: x, OpPos: at, Op: power, Y: y}
}

var exprBinary = map[token.Token]op{
	token.ADD: opAdd, token.SUB: opSub, token.MUL: opMul, token.QUO: opDiv, token.REM: opMod, token.AND_NOT: opFloorDiv,
	power: opPow, token.EQL: opEq, token.NEQ: opNe, token.LSS: opLt, token.LEQ: opLe, token.GTR: opGt, token.GEQ: opGe,
	token.LAND: opAnd, token.LOR: opOr, token.AND: opBitAnd, token.OR: opBitOr, token.XOR: opBitXor,
}

var exprUnary = map[token.Token]op{token.SUB: opNeg, token.NOT: opNot, token.TILDE: opInvert, token.XOR: opInvert}

var exprNames = map[string]any{
	"pi": math.Pi, "e": math.E, "inf": math.Inf(1), "nan": math.NaN(), "true": true, "false": false, "True": true, "False": false,
}

func (p *exprParser) eval(e ast.Expr) (Any, error) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return p.eval(e.X)
	case *ast.BasicLit:
		return p.number(e)
	case *ast.Ident:
		return p.name(e)
	case *ast.UnaryExpr:
		x, err := p.eval(e.X)
		if err != nil || e.Op == token.ADD {
			return x, err
		}
		o, ok := exprUnary[e.Op]
		if !ok {
			return x, p.fail(p.at(e), errs.New(errs.Invalid, "found %q, expected an operator on arrays", e.Op))
		}
		return p.check(p.at(e), Any{unary(o, x.n)})
	case *ast.BinaryExpr:
		o, ok := exprBinary[e.Op]
		if !ok {
			return Any{}, p.fail(int(e.OpPos)-1, errs.New(errs.Invalid, "found %q, expected an operator on arrays", e.Op))
		}
		x, err := p.eval(e.X)
		if err != nil {
			return x, err
		}
		y, err := p.eval(e.Y)
		if err != nil {
			return y, err
		}
		return p.check(int(e.OpPos)-1, x.binary(o, y))
	case *ast.CallExpr:
		return p.call(e)
	}
	return Any{}, p.fail(p.at(e), errs.New(errs.Invalid, "found no number, array or function here").
		WithFix("write it as in x * 2 - 1 or where(x > 0, x, 0)"))
}

// check puts the column to a mistake of building.
func (p *exprParser) check(at int, a Any) (Any, error) {
	if a.n.err == nil {
		return a, nil
	}
	var e *errs.Error
	if err := a.n.err; !asError(err, &e) {
		return a, err
	}
	placed := *e
	return a, p.fail(at, &placed)
}

func (p *exprParser) number(e *ast.BasicLit) (Any, error) {
	switch e.Kind {
	case token.INT:
		if u, err := strconv.ParseUint(e.Value, 0, 64); err == nil {
			return Scalar(u), nil
		}
	case token.FLOAT:
		if f, err := strconv.ParseFloat(e.Value, 64); err == nil {
			return Scalar(f), nil
		}
	}
	return Any{}, p.fail(p.at(e), errs.New(errs.Invalid, "found %s, expected a number that 64 bits hold", e.Value))
}

func (p *exprParser) name(e *ast.Ident) (Any, error) {
	if a, ok := p.vars[e.Name]; ok {
		return a, nil
	}
	if v, ok := exprNames[e.Name]; ok {
		return Scalar(v), nil
	}
	have := slices.Sorted(maps.Keys(p.vars))
	err := errs.New(errs.NotFound, "no array or number %q%s; there is %s", e.Name,
		errs.Suggest(e.Name, append(have, slices.Sorted(maps.Keys(exprNames))...)), strings.Join(have, ", "))
	if _, ok := exprCalls[e.Name]; ok {
		err = errs.New(errs.Invalid, "%s is a function", e.Name).WithFix("%s(…)", e.Name)
	}
	return Any{}, p.fail(p.at(e), err)
}

func (p *exprParser) call(e *ast.CallExpr) (Any, error) {
	id, ok := e.Fun.(*ast.Ident)
	if !ok || e.Ellipsis.IsValid() {
		return Any{}, p.fail(p.at(e), errs.New(errs.Invalid, "found something that is no function, called"))
	}
	f, ok := exprCalls[id.Name]
	if !ok {
		return Any{}, p.fail(p.at(id), errs.New(errs.NotFound, "no function %q%s", id.Name,
			errs.Suggest(id.Name, slices.Sorted(maps.Keys(exprCalls)))))
	}
	if n := len(e.Args); n < f.least || n > f.most {
		return Any{}, p.fail(p.at(id), errs.New(errs.Invalid, "%d arguments for %s, expected %s", n, id.Name, f.usage))
	}
	if f.cast {
		return p.cast(e)
	}
	args := make([]Any, len(e.Args))
	for i, a := range e.Args {
		var err error
		if args[i], err = p.eval(a); err != nil {
			return Any{}, err
		}
	}
	if f.reduce == "" {
		return p.check(p.at(id), f.build(args))
	}
	r := reduction{Op: f.reduce, Keep: true, Skip: f.skip}
	for i, a := range args[1:] {
		if !a.n.weak || a.n.typ != dtype.Int64 {
			return Any{}, p.fail(p.at(e.Args[i+1]), errs.New(errs.Invalid, "expected the number of an axis").WithFix("%s", f.usage))
		}
		r.Axes = append(r.Axes, int(a.n.num.i))
	}
	return p.check(p.at(id), Any{newReduce(args[0].n, r)})
}

// cast takes its type as a text or a bare name.
func (p *exprParser) cast(e *ast.CallExpr) (Any, error) {
	x, err := p.eval(e.Args[0])
	if err != nil {
		return x, err
	}
	name := ""
	switch t := e.Args[1].(type) {
	case *ast.Ident:
		name = t.Name
	case *ast.BasicLit:
		name = strings.Trim(t.Value, `"'`)
	}
	t, err := dtype.Parse(name)
	if err != nil {
		return x, p.fail(p.at(e.Args[1]), errs.New(errs.Unsupported, "%w", err))
	}
	return p.check(p.at(e), x.Cast(t))
}
