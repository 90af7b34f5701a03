package compose

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// A token is one word, value or sign of a pipeline's text. Its sign is 0 at
// the end and 'v' for a word or value.
type token struct {
	sign rune
	text string // as written
	val  any    // of a value: float64, bool or string
	word bool   // an unquoted word that is no number, true or false
	at   int    // byte offset
}

// A lexer cuts a pipeline's text into tokens.
type lexer struct {
	src string
	at  int
}

// fault is an error at a byte of the text: the message, the text and a caret.
func (l *lexer) fault(at int, kind errs.Kind, format string, args ...any) *errs.Error {
	line := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\r' {
			return ' '
		}
		return r
	}, l.src)
	column := utf8.RuneCountInString(l.src[:at])
	e := errs.New(kind, format, args...)
	e.Msg += "\n  " + line + "\n  " + strings.Repeat(" ", column) + "^"
	return e.At(errs.Position{File: "pipeline", Column: strconv.Itoa(column + 1)})
}

func (l *lexer) next() (token, error) {
	for l.at < len(l.src) && strings.IndexByte(" \t\r\n", l.src[l.at]) >= 0 {
		l.at++
	}
	at := l.at
	if at == len(l.src) {
		return token{at: at}, nil
	}
	c, size := utf8.DecodeRuneInString(l.src[at:])
	switch {
	case c == utf8.RuneError && size == 1:
		return token{}, l.fault(at, errs.Invalid, "the text is not UTF-8")
	case strings.ContainsRune("|(),=[]", c):
		l.at++
		return token{sign: c, text: string(c), at: at}, nil
	case c == '"' || c == '\'':
		return l.quoted(c)
	case !bare(c):
		return token{}, l.fault(at, errs.Invalid, "found %q, expected a step, a parameter or a value", c)
	}
	for l.at < len(l.src) {
		c, size := utf8.DecodeRuneInString(l.src[l.at:])
		if !bare(c) {
			break
		}
		l.at += size
	}
	return classify(token{sign: 'v', text: l.src[at:l.at], at: at}), nil
}

// bare reports whether c may stand in a word without quotes.
func bare(c rune) bool {
	return c == '-' || c == '_' || c == '.' || c == '+' || c != utf8.RuneError && (unicode.IsLetter(c) || unicode.IsDigit(c))
}

// classify says what the unquoted text of t is.
func classify(t token) token {
	switch {
	case t.text == "true" || t.text == "false":
		t.val = t.text == "true"
		return t
	case strings.Trim(t.text, "0123456789+-.eE") == "":
		if v, err := strconv.ParseFloat(t.text, 64); err == nil && !math.IsInf(v, 0) {
			t.val = v
			return t
		}
	}
	t.val, t.word = t.text, true
	return t
}

// quoted reads a string in double quotes, with JSON's escapes, or in single
// quotes, with none.
func (l *lexer) quoted(quote rune) (token, error) {
	at := l.at
	for i := at + 1; i < len(l.src); i++ {
		switch {
		case l.src[i] == '\\' && quote == '"':
			i++
		case rune(l.src[i]) == quote:
			l.at = i + 1
			t := token{sign: 'v', text: l.src[at:l.at], at: at}
			s := l.src[at+1 : i]
			if quote == '"' {
				if err := json.Unmarshal([]byte(t.text), &s); err != nil {
					return token{}, l.fault(at, errs.Invalid, "%s is not a quoted text", t.text)
				}
			}
			if !utf8.ValidString(s) {
				return token{}, l.fault(at, errs.Invalid, "the text is not UTF-8")
			}
			t.val = s
			return t, nil
		}
	}
	return token{}, l.fault(at, errs.Invalid, "the quote opened here is not closed")
}
