{{- /* A service is reached by whom it serves, and reaches its own database, the broker and what it names; nothing else. */ -}}
{{- define "deployable.network" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "deployable.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "deployable.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- with .Values.network.servedTo }}
    - from:
        {{- range . }}
        - podSelector: {matchLabels: {app.kubernetes.io/name: {{ . }}, app.kubernetes.io/part-of: passculture}}
        {{- end }}
      ports: [{protocol: TCP, port: http}]
    {{- end }}
    {{- with .Values.network.open }}
    - from: {{- toYaml . | nindent 8 }}
      ports: [{protocol: TCP, port: http}]
    {{- end }}
    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ .Values.monitoring.namespace }}}}}]
      ports: [{protocol: TCP, port: http}]
  egress:
    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
      ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
    {{- if .Values.database }}
    - to: [{ipBlock: {cidr: {{ required "database.cidr: where this service's own PostgreSQL is" .Values.database.cidr }}}}]
      ports: [{protocol: TCP, port: {{ .Values.database.port }}}]
    {{- end }}
    {{- if and .Values.database ((.Values.global).events).cidr }}
    - to: [{ipBlock: {cidr: {{ .Values.global.events.cidr }}}}]
      ports: [{protocol: TCP, port: {{ .Values.global.events.port | default 4222 }}}]
    {{- end }}
    - to: [{ipBlock: {cidr: {{ required "global.broker.cidr: where Redis is" ((.Values.global).broker).cidr }}}}]
      ports: [{protocol: TCP, port: {{ ((.Values.global).broker).port | default 6379 }}}]
    {{- range .Values.network.calls }}
    - to: [{podSelector: {matchLabels: {app.kubernetes.io/name: {{ .name }}, app.kubernetes.io/component: api}}}]
      ports: [{protocol: TCP, port: {{ .port }}}]
    {{- end }}
    {{- if ((.Values.global).traces).enabled }}
    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ .Values.monitoring.namespace }}}}}]
      ports: [{protocol: TCP, port: 4318}]
    {{- end }}
    {{- with .Values.network.partners }}
    # Partners outside the cluster: any address but the cluster's own and the machine's metadata.
    - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16]}}]
      ports:
        {{- range . }}
        - {protocol: TCP, port: {{ . }}}
        {{- end }}
    {{- end }}
{{- end }}
