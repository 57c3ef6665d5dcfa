// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	lib "github.com/projectdiscovery/nuclei/v3/lib"
	"github.com/projectdiscovery/nuclei/v3/pkg/catalog/config"
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
}

func engineName() string { return "nuclei " + config.Version }

func newEngine(ctx context.Context, plan nuclei.Plan) (*engine, error) {
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
	return &engine{e, counts}, nil
}

// options are the polite ones: one request at a time, at the rate of the plan,
// under the name of the plan. The memory of failing hosts is off, because it
// would skip templates without a word.
func options(plan nuclei.Plan) *types.Options {
	o := types.DefaultOptions()
	o.AliveSocksProxy = doorScheme + "://door"
	o.InternalResolversList = []string{nowhere}
	o.CustomHeaders = []string{"User-Agent: " + plan.UserAgent}
	o.RateLimit, o.RateLimitDuration = plan.Rate, time.Second
	o.TemplateThreads, o.BulkSize, o.PayloadConcurrency, o.TemplateLoadingConcurrency = 1, 1, 1, 1
	o.Timeout, o.Retries, o.MaxRedirects = 10, 1, 5
	o.ResponseReadSize, o.ResponseSaveSize = maxResponse, 0
	o.NoHostErrors, o.NoInteractsh, o.MatcherStatus, o.Silent = true, true, true, true
	return o
}

func (e *engine) close() { e.nuclei.Close() }

// run tells how one template ended. A template that breaks the engine costs
// itself only.
func (e *engine) run(ctx context.Context, site string, t nuclei.PlannedTemplate) (r nuclei.Result) {
	defer func() {
		if crash := recover(); crash != nil {
			r = nuclei.Result{ID: t.ID, Error: "the template crashed the engine"}
		}
	}()
	r = nuclei.Result{ID: t.ID}
	err := verify(t)
	if err == nil {
		err = e.execute(ctx, site, t.Data, &r)
	}
	if err != nil && !r.Matched {
		r.Error = err.Error()
	}
	r.Ran = err == nil || r.Matched
	return r
}

// execute runs a template. Without a match it must have had an answer to every
// request: less proves nothing.
func (e *engine) execute(ctx context.Context, site string, data []byte, r *nuclei.Result) error {
	template, err := e.nuclei.ParseTemplate(data)
	if err != nil {
		return fmt.Errorf("load template: %w", err)
	}
	if err := acceptLoaded(template); err != nil {
		return err
	}
	e.counts.reset()
	look := scan.NewScanContext(ctx, contextargs.NewWithInput(ctx, site))
	results, err := template.Executer.ExecuteWithResults(look)
	for _, found := range results {
		if found.MatcherStatus {
			r.Matched, r.URL = true, found.Matched
		}
	}
	answered, failure := e.counts.outcome()
	if err := cmp.Or(failure, err, look.GenerateErrorMessage()); err != nil {
		return cause(err)
	}
	if answered < template.TotalRequests {
		return fmt.Errorf("%d of %d requests were answered", answered, template.TotalRequests)
	}
	return nil
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
