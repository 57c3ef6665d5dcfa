// SPDX-License-Identifier: Apache-2.0

package worker

import (
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
	"github.com/projectdiscovery/nuclei/v3/pkg/protocols/common/contextargs"
	"github.com/projectdiscovery/nuclei/v3/pkg/protocols/common/interactsh"
	"github.com/projectdiscovery/nuclei/v3/pkg/scan"
	"github.com/projectdiscovery/nuclei/v3/pkg/templates"
	templatetypes "github.com/projectdiscovery/nuclei/v3/pkg/templates/types"
	"github.com/projectdiscovery/nuclei/v3/pkg/types"
	"github.com/projectdiscovery/utils/errkit"

	"carescan/scanner/probes/nuclei"
)

// maxResponse is the most bytes of one answer that are read.
const maxResponse = 1 << 20

// engine runs templates one after the other.
type engine struct {
	nuclei *lib.NucleiEngine
	counts *counter
	permit func(context.Context) error // waits until one more request may be sent
}

func engineName() string { return "nuclei " + config.Version }

func newEngine(ctx context.Context, plan nuclei.Plan, permit func(context.Context) error) (*engine, error) {
	counts := newCounter()
	e, err := lib.NewNucleiEngineCtx(ctx,
		lib.WithOptions(options(plan)),
		// Left alone, the engine calls a server of its vendor; disabled without
		// sizes, it panics.
		lib.WithInteractshOptions(lib.InteractshOpts(interactsh.Options{
			NoInteractsh: true, CacheSize: 1, Eviction: time.Second, PollDuration: time.Second,
		})),
		lib.UseOutputWriter(counts),
		lib.DisableUpdateCheck(),
	)
	if err != nil {
		return nil, fmt.Errorf("start nuclei: %w", err)
	}
	return &engine{e, counts, permit}, nil
}

// options are the polite ones: one request at a time, each with its permit, under
// the name of the plan. The memory of failing hosts is off, because it
// would skip templates without a word.
func options(plan nuclei.Plan) *types.Options {
	o := types.DefaultOptions()
	o.AliveSocksProxy = doorScheme + "://door"
	o.InternalResolversList = []string{nowhere}
	o.CustomHeaders = []string{"User-Agent: " + plan.UserAgent}
	o.RateLimit = 0 // none: permits are the only pace
	o.TemplateThreads, o.BulkSize, o.PayloadConcurrency, o.TemplateLoadingConcurrency = 1, 1, 1, 1
	o.Timeout, o.Retries, o.MaxRedirects = 10, 1, 5
	o.ResponseReadSize, o.ResponseSaveSize = maxResponse, 0
	o.NoHostErrors, o.NoInteractsh, o.MatcherStatus, o.Silent = true, true, true, true
	return o
}

func (e *engine) close() { e.nuclei.Close() }

// prepared are templates that share their request, as the engine reads them.
type prepared struct {
	results []nuclei.Result // one each, which says why it cannot run
	loaded  []*templates.Template
}

// ahead is how many groups may be read before their turn.
const ahead = 16

// prepare reads the templates while others run.
func (e *engine) prepare(groups [][]checked) <-chan prepared {
	ready := make(chan prepared, ahead)
	go func() {
		defer close(ready)
		for _, group := range groups {
			ready <- e.read(group)
		}
	}()
	return ready
}

func (e *engine) read(group []checked) prepared {
	p := prepared{results: make([]nuclei.Result, len(group))}
	for i, t := range group {
		p.results[i].ID = t.planned.ID
		template, err := e.load(t)
		if err != nil {
			p.results[i].Error = err.Error()
			continue
		}
		p.loaded = append(p.loaded, template)
	}
	return p
}

// run tells how templates that share their request ended.
func (e *engine) run(ctx context.Context, site string, p prepared) []nuclei.Result {
	for _, batch := range together(p.loaded) {
		e.execute(ctx, site, batch, p.results)
	}
	return p.results
}

// load reads one template. One that breaks the engine costs itself only.
func (e *engine) load(t checked) (template *templates.Template, err error) {
	defer func() {
		if crash := recover(); crash != nil {
			err = errCrash
		}
	}()
	if t.err != nil {
		return nil, t.err
	}
	if template, err = e.nuclei.ParseTemplate(t.planned.Data); err != nil {
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
func (e *engine) execute(ctx context.Context, site string, loaded []*templates.Template, results []nuclei.Result) {
	found, err := e.ask(ctx, site, loaded)
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
func (e *engine) ask(ctx context.Context, site string, loaded []*templates.Template) (found []*output.ResultEvent, err error) {
	defer func() {
		if crash := recover(); crash != nil {
			found, err = nil, errCrash
		}
	}()
	executer := loaded[0].Executer
	if len(loaded) > 1 {
		executer = templates.NewClusterExecuter(loaded, e.nuclei.GetExecuterOptions())
	}
	e.counts.reset(loaded[0].RequestsHTTP)
	ctx, cancel := e.paced(ctx)
	defer cancel(nil)
	look := scan.NewScanContext(ctx, contextargs.NewWithInput(ctx, site))
	found, err = executer.ExecuteWithResults(look)
	answered, failure := e.counts.outcome()
	if err := cmp.Or(context.Cause(ctx), failure, err, look.GenerateErrorMessage()); err != nil {
		return found, cause(err)
	}
	if answered < loaded[0].TotalRequests {
		return found, fmt.Errorf("%d of %d requests were answered", answered, loaded[0].TotalRequests)
	}
	return found, nil
}

// paced makes every request of the engine ask for a permit, wherever it comes
// from: a template, a redirect, a second try. The engine takes the context along
// into its HTTP client, which tells when it is about to look for a connection. A
// request without a permit ends the context.
func (e *engine) paced(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) {
		if err := e.permit(ctx); err != nil {
			cancel(err)
		}
	}}), cancel
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
