{{- /* Everything of one deployable. */ -}}
{{- define "deployable.all" -}}
{{- include "deployable.secrets" . }}
---
{{ include "deployable.network" . }}
---
{{ include "deployable.process" (dict "root" . "part" "api" "values" .Values.api) }}
---
{{ include "deployable.service" (dict "root" . "part" "api" "port" .Values.api.port "job" (.Values.api.job | default (printf "%s-api" .Chart.Name))) }}
{{- if .Values.worker }}
---
{{ include "deployable.process" (dict "root" . "part" "worker" "values" .Values.worker "args" (list "worker")) }}
---
{{ include "deployable.service" (dict "root" . "part" "worker" "port" .Values.worker.port "job" (printf "%s-worker" .Chart.Name)) }}
{{- end }}
{{- if .Values.migrations }}
{{- include "deployable.migrations" . }}
{{- end }}
{{- if .Values.jobs }}
{{- include "deployable.cron" . }}
{{- end }}
{{- end }}
