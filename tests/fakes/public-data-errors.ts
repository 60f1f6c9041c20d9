const gatewayXml = (reason: string, code: string) =>
  `<OpenAPI_ServiceResponse>
  <cmmMsgHeader>
    <errMsg>SERVICE ERROR</errMsg>
    <returnAuthMsg>${reason}</returnAuthMsg>
    <returnReasonCode>${code}</returnReasonCode>
  </cmmMsgHeader>
</OpenAPI_ServiceResponse>`;

/** Every shape in which the public-data gateway and its services say no; most come with HTTP 200. */
export const publicDataErrors = {
  unregisteredKey: { status: 200, body: gatewayXml("SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "30") },
  xmlQuota: {
    status: 200,
    body: `\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n${gatewayXml("<![CDATA[LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR]]>", "22")}`,
  },
  xmlService: {
    status: 200,
    body: "<response><header><resultCode>10</resultCode><resultMsg>INVALID_REQUEST &amp; more</resultMsg></header></response>",
  },
  jsonGateway: {
    status: 200,
    body: '{"OpenAPI_ServiceResponse":{"cmmMsgHeader":{"errMsg":"SERVICE ERROR","returnAuthMsg":"EXPIRED","returnReasonCode":"31"}}}',
  },
  noData: {
    status: 200,
    body: '{"response":{"header":{"resultCode":"03","resultMsg":"NO_DATA"}}}',
  },
  serviceTimeout: {
    status: 200,
    body: '{"response":{"header":{"resultCode":"05","resultMsg":"SERVICETIME_OUT"}}}',
  },
  bare: { status: 200, body: '{"resultCode":"10","resultMsg":"INVALID_REQUEST_PARAMETER_ERROR"}' },
  plainUnauthorized: { status: 401, body: "Unauthorized" },
  plainUnexpected: { status: 200, body: "Unexpected errors" },
  apiNotFound: { status: 404, body: "API not found" },
} as const;
