// SPDX-License-Identifier: Apache-2.0

// Package worker is the process in which the template engine works. It is the
// only package that imports nuclei. What it is told and what it answers is
// described in package nuclei, its parent.
//
// A worker reads one plan, locks every way out but the doors of its orders, and looks
// at the sites that come, all at once: each runs its templates in turn, says how each
// ended, and takes its connections, its cookies and its counts with it. Compiling it is
// slow: build, test and vet it with CGO_ENABLED=0 and -trimpath, never with -race.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"sync"

	"carescan/scanner"
	"carescan/scanner/probes/nuclei"
)

// Run follows the plan and the orders on the input and returns the exit code.
func Run(stdin io.Reader, stdout io.Writer) int {
	input := nuclei.NewInput(stdin)
	plan, err := input.Plan()
	if err == nil {
		err = lockKernel(plan.MemoryLimit)
	}
	if err == nil {
		err = work(plan, input, stdout)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "nuclei worker:", err)
	if errors.Is(err, nuclei.ErrOtherProtocol) {
		return nuclei.ExitOtherProtocol
	}
	return 1
}

// work does everything but the locks of the kernel, which some systems lack.
func work(plan nuclei.Plan, input *nuclei.Input, stdout io.Writer) error {
	// The engine prints; the answers must stay alone on the output.
	os.Stdout = os.Stderr
	debug.SetMemoryLimit(plan.MemoryLimit / 4 * 3)
	under := &crowd{}
	under.add(0)
	doors := newDoors()
	lockLibraries(doors)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ready := make(chan map[string]checked, 1)
	go func() { ready <- verified(plan.Templates) }() // while the engine starts
	e, err := newEngine(ctx, doors)
	if err != nil {
		return err
	}
	out := &answers{encoder: json.NewEncoder(stdout)}
	if err := out.say(nuclei.Line{Engine: engineName()}); err != nil {
		return err
	}
	return e.follow(ctx, input, <-ready, under, out)
}

// errForsaken is how the worker ends with its parent.
var errForsaken = errors.New("nobody waits for the sites under way any more")

// follow looks at the sites that come, until nobody asks for another. The engine is not
// closed: the process ends.
func (e *engine) follow(ctx context.Context, input *nuclei.Input, plan map[string]checked, under *crowd, out *answers) error {
	for {
		order, err := input.Order()
		switch {
		case errors.Is(err, io.EOF) && under.gone():
			return nil
		case errors.Is(err, io.EOF):
			return errForsaken
		case err != nil:
			return err
		}
		under.add(1)
		go func() {
			e.look(ctx, order, plan, out)
			under.add(-1)
			_ = out.say(nuclei.Line{Site: order.Site, Done: true}) // nothing is left of it by now
		}()
	}
}

// crowd counts the sites under look. The more there are, the less rubbish is left lying,
// in percent of what is held: sweeping often slows the only one for nothing, and thirty
// that give long answers have no room for it.
type crowd struct {
	mu    sync.Mutex
	sites int
}

func (c *crowd) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sites += n
	debug.SetGCPercent(max(50, 800/max(1, c.sites)))
}

func (c *crowd) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sites == 0
}

// answers are the output of the worker, a line at a time.
type answers struct {
	mu      sync.Mutex
	encoder *json.Encoder
}

func (a *answers) say(l nuclei.Line) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.encoder.Encode(l)
}

// refuse tells why nothing of an order is done.
func (a *answers) refuse(order nuclei.Order, why error) {
	for _, id := range order.Templates {
		_ = a.say(nuclei.Line{Site: order.Site, Result: &nuclei.Result{ID: id, Error: why.Error()}})
	}
}

// patience is how many templates in a row a site may leave without an answer.
// Each made several requests, twice: the site is down or pushes us back, and
// going on would be rude (exposure-checks.md section 1.2).
const patience = 2

// look tries the templates of an order. An answer that cannot be said ends it: nobody
// listens then.
func (e *engine) look(ctx context.Context, order nuclei.Order, plan map[string]checked, out *answers) {
	s, err := e.open(order)
	if err != nil {
		out.refuse(order, err)
		return
	}
	defer s.close()
	unanswered := 0
	for group := range s.prepare(share(ordered(order, plan))) {
		results := notTried(group.results)
		if unanswered < patience {
			results = s.run(ctx, group)
		}
		unanswered++
		if ran(results) {
			unanswered = 0
		}
		for _, r := range results {
			if err := out.say(nuclei.Line{Site: order.Site, Result: &r}); err != nil {
				return
			}
		}
	}
}

func ran(results []nuclei.Result) bool {
	return slices.ContainsFunc(results, func(r nuclei.Result) bool { return r.Ran })
}

func notTried(group []nuclei.Result) []nuclei.Result {
	var results []nuclei.Result
	for _, r := range group {
		results = append(results, nuclei.Result{ID: r.ID, Error: "not tried, because the site left the others without an answer"})
	}
	return results
}

// share puts together the templates that make the same single request: its
// answer is read by all of them.
func share(templates []checked) [][]checked {
	var groups [][]checked
	place := map[string]int{}
	for _, t := range templates {
		at, known := place[t.shared]
		if known {
			groups[at] = append(groups[at], t)
			continue
		}
		if t.shared != "" {
			place[t.shared] = len(groups)
		}
		groups = append(groups, []checked{t})
	}
	return groups
}

// checked is a template after it was verified.
type checked struct {
	planned nuclei.PlannedTemplate
	shared  string // names its only request; empty when it has none of its own, or was refused
	err     error  // why it does not run
}

// verified looks at templates as they came, by name.
func verified(templates []nuclei.PlannedTemplate) map[string]checked {
	all := map[string]checked{}
	for _, t := range templates {
		shared, err := verify(t)
		all[t.ID] = checked{t, shared, err}
	}
	return all
}

// ordered are the templates of an order.
func ordered(order nuclei.Order, plan map[string]checked) []checked {
	own := verified(order.Own)
	list := make([]checked, 0, len(order.Templates))
	for _, id := range order.Templates {
		t, known := plan[id]
		if !known {
			t, known = own[id]
		}
		if !known {
			t = checked{planned: nuclei.PlannedTemplate{ID: id}, err: errors.New("the template is neither in the plan nor in the order")}
		}
		list = append(list, t)
	}
	return list
}

// verify refuses a template that is not the one announced, or that asks for
// more than looking. It returns the name of the request that may be shared.
func verify(t nuclei.PlannedTemplate) (string, error) {
	if scanner.Digest(t.Data) != t.Digest {
		return "", errors.New("the template does not have the announced hash")
	}
	parsed, err := nuclei.ParseTemplate(t.Data)
	if err != nil {
		return "", err
	}
	if parsed.ID != t.ID {
		return "", fmt.Errorf("the template calls itself %q", parsed.ID)
	}
	return parsed.Shared, nil
}
