{{- /* A deployment of one part. Takes a dict: root, part, values (replicas, port, resources), args. */ -}}
{{- define "deployable.process" -}}
{{- $root := .root -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $root.Chart.Name }}-{{ .part }}
  labels:
    {{- include "deployable.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .part }}
spec:
  {{- if not .values.autoscaling.enabled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels:
      {{- include "deployable.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .part }}
  template:
    {{- include "deployable.pod" (dict "root" $root "part" .part "args" .args "port" .values.port "resources" .values.resources) | nindent 4 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $root.Chart.Name }}-{{ .part }}
  labels: {{- include "deployable.labels" $root | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "deployable.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .part }}
{{- if .values.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $root.Chart.Name }}-{{ .part }}
  labels: {{- include "deployable.labels" $root | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $root.Chart.Name }}-{{ .part }}}
  minReplicas: {{ .values.replicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .values.autoscaling.cpu }}}
    {{- with .values.autoscaling.streamLag }}
    # Served by the Prometheus adapter: entries that the service has not read, over all its streams.
    - type: External
      external:
        metric:
          name: stream_lag_entries
          selector: {matchLabels: {job: {{ $root.Chart.Name }}-worker}}
        target: {type: AverageValue, averageValue: {{ . | quote }}}
    {{- end }}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 300}
{{- end }}
{{- end }}
