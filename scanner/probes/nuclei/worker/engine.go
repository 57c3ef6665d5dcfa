// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"net/url"
	"slices"
	"time"

	lib "github.com/projectdiscovery/nuclei/v3/lib"
	"github.com/projectdiscovery/nuclei/v3/pkg/catalog/config"
	"github.com/projectdiscovery/nuclei/v3/pkg/output"
	"github.com/projectdiscovery/nuclei/v3/pkg/protocols"
	"github.com/projectdiscovery/nuclei/v3/pkg/protocols/common/contextargs"
	"github.com/projectdiscovery/nuclei/v3/pkg/protocols/common/generators"
	"github.com/projectdiscovery/nuclei/v3/pkg/protocols/common/interactsh"
	"github.com/projectdiscovery/nuclei/v3/pkg/protocols/common/protocolstate"
	"github.com/projectdiscovery/nuclei/v3/pkg/scan"
	"github.com/projectdiscovery/nuclei/v3/pkg/templates"
	templatetypes "github.com/projectdiscovery/nuclei/v3/pkg/templates/types"
	"github.com/projectdiscovery/nuclei/v3/pkg/types"
	"github.com/projectdiscovery/utils/errkit"

	"carescan/scanner/probes/nuclei"
)

// maxResponse is the most bytes of one answer that are read.
const maxResponse = 1 << 20

// answerTime is how long a site may take to answer one request, from the moment it has a
// connection and its permit. The wait for these is our own courtesy.
const answerTime = 30 * time.Second

// answersAtOnce is how many answers are read and compared at the same moment, all sites
// together: each takes some 8 MB when it is as long as is read. A site takes its
// turn when its answer begins, so that one that says nothing holds nobody up.
const answersAtOnce = 8

// unhurried is longer than any look. The clocks of the engine would take the wait for
// our own turn for the silence of the site: ours does not (see execution.paced).
const unhurried = 24 * time.Hour

// engine is what the sites share: how templates are read, and no connection.
type engine struct {
	nuclei  *lib.NucleiEngine
	doors   *doors
	reading chan struct{} // an answer each
}

func engineName() string { return "nuclei " + config.Version }

func newEngine(ctx context.Context, doors *doors) (*engine, error) {
	e, err := lib.NewNucleiEngineCtx(ctx,
		lib.WithOptions(options("", doorScheme+"://closed")),
		// Left alone, the engine calls a server of its vendor; disabled without
		// sizes, it panics.
		lib.WithInteractshOptions(lib.InteractshOpts(interactsh.Options{
			NoInteractsh: true, CacheSize: 1, Eviction: time.Second, PollDuration: time.Second,
		})),
		lib.UseOutputWriter(newCounter()),
		lib.DisableUpdateCheck(),
	)
	if err != nil {
		return nil, fmt.Errorf("start nuclei: %w", err)
	}
	return &engine{e, doors, make(chan struct{}, answersAtOnce)}, nil
}

// options are the polite ones: one request at a time, each with its permit, under
// the name of the order, through the door at an address. The memory of failing hosts is
// off, because it would skip templates without a word.
func options(userAgent, door string) *types.Options {
	o := types.DefaultOptions() // an execution of its own
	o.AliveSocksProxy = door
	o.InternalResolversList = []string{nowhere}
	o.CustomHeaders = []string{"User-Agent: " + userAgent}
	o.RateLimit = 0 // none: permits are the only pace
	o.TemplateThreads, o.BulkSize, o.PayloadConcurrency, o.TemplateLoadingConcurrency = 1, 1, 1, 1
	o.Timeout, o.Retries, o.MaxRedirects = int(unhurried/time.Second), 1, 5
	o.ResponseReadSize, o.ResponseSaveSize = maxResponse, 0
	o.NoHostErrors, o.NoInteractsh, o.MatcherStatus, o.Silent = true, true, true, true
	return o
}

// execution is the engine at work on one site, which shares neither
// connection, cookie nor count with another.
type execution struct {
	url     string
	options *protocols.ExecutorOptions
	counts  *counter
	permit  func(context.Context) error // waits until one more request may be sent
	shut    func()                      // closes the door
	reading *turn
}

// open begins the look of an order.
func (e *engine) open(order nuclei.Order) (*execution, error) {
	out := &door{path: order.Door, secret: order.Secret}
	at, shut := e.doors.open(out)
	s := &execution{url: order.URL, counts: newCounter(), permit: out.permit, shut: shut, reading: &turn{places: e.reading}}
	s.options = e.nuclei.GetExecuterOptions().Copy()
	s.options.Options, s.options.Output = options(order.UserAgent, at), s.counts
	if err := protocolstate.Init(s.options.Options); err != nil {
		shut()
		return nil, fmt.Errorf("begin an execution of nuclei: %w", err)
	}
	return s, nil
}

// close ends the connections that are left, and forgets the execution.
func (s *execution) close() {
	protocolstate.Close(s.options.Options.ExecutionId)
	generators.ClearOptionsPayloadMap(s.options.Options)
	s.shut()
}

// prepared are templates that share their request, as the engine reads them.
type prepared struct {
	results []nuclei.Result // one each, which says why it cannot run
	loaded  []*templates.Template
}

// ahead is how many groups of a site may be read before their turn.
const ahead = 4

// prepare reads the templates while others run.
func (s *execution) prepare(groups [][]checked) <-chan prepared {
	ready := make(chan prepared, ahead)
	go func() {
		defer close(ready)
		for _, group := range groups {
			ready <- s.read(group)
		}
	}()
	return ready
}

func (s *execution) read(group []checked) prepared {
	p := prepared{results: make([]nuclei.Result, len(group))}
	for i, t := range group {
		p.results[i].ID = t.planned.ID
		template, err := s.load(t)
		if err != nil {
			p.results[i].Error = err.Error()
			continue
		}
		p.loaded = append(p.loaded, template)
	}
	return p
}

// run tells how templates that share their request ended.
func (s *execution) run(ctx context.Context, p prepared) []nuclei.Result {
	for _, batch := range together(p.loaded) {
		s.execute(ctx, batch, p.results)
	}
	return p.results
}

// load reads one template. One that breaks the engine costs itself only.
func (s *execution) load(t checked) (template *templates.Template, err error) {
	defer func() {
		if crash := recover(); crash != nil {
			err = errCrash
		}
	}()
	if t.err != nil {
		return nil, t.err
	}
	if template, err = templates.ParseTemplateFromReader(bytes.NewReader(t.planned.Data), nil, s.options); err != nil {
		return nil, fmt.Errorf("load template: %w", err)
	}
	return template, acceptLoaded(template)
}

var errCrash = errors.New("the template crashed the engine")

// together keeps what the engine, too, takes for the same request.
func together(loaded []*templates.Template) [][]*templates.Template {
	if len(loaded) < 2 {
		return [][]*templates.Template{loaded}[:len(loaded)]
	}
	return templates.Cluster(loaded)
}

// execute runs templates that make one request, and fills their results.
func (s *execution) execute(ctx context.Context, loaded []*templates.Template, results []nuclei.Result) {
	found, err := s.ask(ctx, loaded)
	for i := range results {
		r := &results[i]
		if !slices.ContainsFunc(loaded, func(t *templates.Template) bool { return t.ID == r.ID }) {
			continue
		}
		for _, event := range found {
			take(r, event)
		}
		if r.Ran = err == nil || r.Matched; !r.Ran {
			r.Error = err.Error()
		}
	}
}

// take reads one event of the engine.
func take(r *nuclei.Result, event *output.ResultEvent) {
	if event.TemplateID != r.ID || !event.MatcherStatus {
		return
	}
	r.Matched, r.URL = true, event.Matched
	if len(event.ExtractedResults) > 0 {
		r.Version = event.ExtractedResults[0]
	}
}

// ask returns what matched. Without a match, every request must have had an
// answer: less proves nothing.
func (s *execution) ask(ctx context.Context, loaded []*templates.Template) (found []*output.ResultEvent, err error) {
	defer func() {
		if crash := recover(); crash != nil {
			found, err = nil, errCrash
		}
	}()
	executer := loaded[0].Executer
	if len(loaded) > 1 {
		executer = templates.NewClusterExecuter(loaded, s.options)
	}
	s.counts.reset(loaded[0].RequestsHTTP)
	ctx, cancel := s.paced(ctx)
	defer cancel(nil)
	look := scan.NewScanContext(ctx, contextargs.NewWithInput(ctx, s.url))
	found, err = executer.ExecuteWithResults(look)
	answered, failure := s.counts.outcome()
	if err := cmp.Or(context.Cause(ctx), failure, err, look.GenerateErrorMessage()); err != nil {
		return found, cause(err)
	}
	if answered < loaded[0].TotalRequests {
		return found, fmt.Errorf("%d of %d requests were answered", answered, loaded[0].TotalRequests)
	}
	return found, nil
}

var errSilent = errors.New("the site did not answer in time")

// paced makes every request of the engine ask for a permit, wherever it comes
// from: a template, a redirect, a second try. The engine takes the context along
// into its HTTP client, which tells when it is about to look for a connection. A
// request without a permit ends the context; so does a site that says nothing for
// answerTime, which begins with the encryption, again with the request, and again with
// the answer.
func (s *execution) paced(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	silence := time.AfterFunc(unhurried, func() { cancel(errSilent) })
	trace := &httptrace.ClientTrace{
		GetConn: func(string) {
			silence.Stop()
			s.reading.give()
			if err := s.permit(ctx); err != nil {
				cancel(err)
			}
		},
		TLSHandshakeStart: func() { silence.Reset(answerTime) },
		GotConn:           func(httptrace.GotConnInfo) { silence.Reset(answerTime) },
		GotFirstResponseByte: func() {
			silence.Stop()
			s.reading.take(ctx)
			silence.Reset(answerTime)
		},
	}
	return httptrace.WithClientTrace(ctx, trace), func(why error) {
		silence.Stop()
		cancel(why)
		s.reading.give()
	}
}

// cause is what went wrong, without the story the engine tells around it.
func cause(err error) error {
	if request, ok := errors.AsType[*url.Error](err); ok {
		return request.Err
	}
	if root := errkit.FromError(err).Cause(); root != nil {
		return root
	}
	return err
}

// acceptLoaded looks at what the engine understood, in case it reads a
// template otherwise than we do.
func acceptLoaded(t *templates.Template) error {
	if t.Type() != templatetypes.HTTPProtocol || t.SelfContained || t.Flow != "" || len(t.Workflows) > 0 {
		return errors.New("the engine sees more than requests for pages in the template")
	}
	if t.Requests() != len(t.RequestsHTTP) {
		return errors.New("the engine sees several protocols in the template")
	}
	for _, r := range t.RequestsHTTP {
		method := r.Method.String()
		if method != "GET" && method != "HEAD" {
			return fmt.Errorf("the engine sees the method %q in the template", method)
		}
		if len(r.Raw)+len(r.Payloads)+len(r.Fuzzing)+len(r.Body) > 0 || r.Unsafe || r.Race || r.Pipeline || r.Redirects {
			return errors.New("the engine sees more than plain requests in the template")
		}
	}
	return nil
}
