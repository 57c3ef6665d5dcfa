// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// maxLine is the longest line a worker may write.
const maxLine = 16 << 10

// maxPlan is the longest plan or order a worker reads.
const maxPlan = 32 << 20

// Protocol numbers what both sides say to each other; it changes with it. A
// worker follows no plan of another number.
const Protocol = 3

// ExitOtherProtocol is how a worker ends that was given such a plan (EX_PROTOCOL
// of sysexits.h).
const ExitOtherProtocol = 76

// ErrOtherProtocol is that the plan is written for another worker.
var ErrOtherProtocol = errors.New("read plan: it is of another protocol")

// PermitPath is where the door gives permits.
const PermitPath = "/permit"

// Plan is what a worker is told first: what may be asked of sites.
type Plan struct {
	Protocol    int               `json:"protocol"`
	Templates   []PlannedTemplate `json:"templates"`
	MemoryLimit int64             `json:"memory_limit"`
}

// Order is one site, to be looked at beside those under way.
type Order struct {
	Site      int               `json:"site"` // its number, never used twice
	URL       string            `json:"url"`
	Templates []string          `json:"templates"`     // to run, in that order
	Own       []PlannedTemplate `json:"own,omitempty"` // those of them that are not in the plan
	Door      string            `json:"door"`          // path of the local socket that leads to the site
	Secret    string            `json:"secret"`        // good for this order only
	UserAgent string            `json:"user_agent"`
}

// PlannedTemplate is a template as it travels.
type PlannedTemplate struct {
	ID     string `json:"id"`
	Digest string `json:"digest"`
	Data   []byte `json:"data"`
}

// Line is one line of a worker: the name of the engine, or what a site came to.
type Line struct {
	Engine string  `json:"engine,omitempty"` // name and version; every way out is locked by then
	Site   int     `json:"site,omitempty"`   // number of the order that the rest answers
	Result *Result `json:"result,omitempty"`
	Done   bool    `json:"done,omitempty"` // every template of the order was told
}

// Result is the end of one template.
type Result struct {
	ID      string `json:"id"`
	Ran     bool   `json:"ran"` // every request was answered, or one matched
	Matched bool   `json:"matched"`
	URL     string `json:"url,omitempty"` // where it matched
	Version string `json:"version,omitempty"`
	Error   string `json:"error,omitempty"`
}

// Input is what a worker is told: one plan, then orders.
type Input struct {
	bounded *io.LimitedReader
	decoder *json.Decoder
}

// NewInput reads what a worker is told.
func NewInput(r io.Reader) *Input {
	bounded := &io.LimitedReader{R: r}
	return &Input{bounded, json.NewDecoder(bounded)}
}

// next reads one value, of a bounded length.
func (in *Input) next() (raw json.RawMessage, err error) {
	in.bounded.N = maxPlan
	err = in.decoder.Decode(&raw)
	return raw, err
}

// Plan reads the plan. Its protocol comes first: another may have other words.
func (in *Input) Plan() (p Plan, err error) {
	raw, err := in.next()
	if err != nil {
		return p, fmt.Errorf("read plan: %w", err)
	}
	var kind struct {
		Protocol int `json:"protocol"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return p, fmt.Errorf("read plan: %w", err)
	}
	if kind.Protocol != Protocol {
		return p, ErrOtherProtocol
	}
	if err := strictly(raw, &p); err != nil {
		return p, fmt.Errorf("read plan: %w", err)
	}
	return p, nil
}

// Order reads the next order. The error is io.EOF when there will be no other.
func (in *Input) Order() (o Order, err error) {
	raw, err := in.next()
	if errors.Is(err, io.EOF) {
		return o, io.EOF
	}
	if err == nil {
		err = strictly(raw, &o)
	}
	if err != nil {
		return o, fmt.Errorf("read order: %w", err)
	}
	return o, nil
}

// strictly refuses words that are not known.
func strictly(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// parseLine reads one line of a worker. A worker met hostile pages, so its
// words are bounded and cleaned like any foreign bytes.
func parseLine(raw []byte) (Line, error) {
	var l Line
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&l); err != nil {
		return Line{}, fmt.Errorf("read line of the worker: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Line{}, errors.New("read line of the worker: more than one value")
	}
	if !l.single() {
		return Line{}, errors.New("read line of the worker: one message is expected")
	}
	return l.clean(), nil
}

// version is all we keep of what a template extracts from a page.
var version = regexp.MustCompile(`^[vV]?[0-9][0-9A-Za-z.+_-]{0,39}$`)

func (l Line) single() bool {
	count := 0
	for _, set := range []bool{l.Engine != "", l.Result != nil, l.Done} {
		if set {
			count++
		}
	}
	return count == 1 && (l.Engine != "") == (l.Site == 0)
}

func (l Line) clean() Line {
	l.Engine = printable(l.Engine, 60)
	if l.Result != nil {
		l.Result.Error = printable(l.Result.Error, 300)
		l.Result.URL = printable(l.Result.URL, 2000)
		l.Result.Version = version.FindString(l.Result.Version)
	}
	return l
}

// printable keeps the first characters of a text, on one line.
func printable(text string, limit int) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if letters := []rune(clean); len(letters) > limit {
		return string(letters[:limit-1]) + "…"
	}
	return clean
}
